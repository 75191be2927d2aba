/*
 * build_apply.h - apply a patch to this very process; see build_apply.c.
 *
 * Included by: targets that build_run_test.c makes.
 * Runs on:     the only thread of the target.
 * Locks:       the loader's.
 * Signal:      unsafe.
 */
#ifndef BUILD_APPLY_H
#define BUILD_APPLY_H

#ifdef __cplusplus
extern "C" {
#endif

/* Apply the patch file; ends the process with 3 and a message if it cannot. */
void apply(const char *path);
/* The old function, whose first instructions were moved. */
void *apply_old(const char *name);
/* A hook of the patch. */
void *apply_hook(const char *name);

#ifdef __cplusplus
}
#endif

#endif

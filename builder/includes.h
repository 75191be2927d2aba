/*
 * includes.h - which sources read a file of the diff, by what they include.
 *
 * Included by: builder/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_INCLUDES_H
#define OPUS_INCLUDES_H

#include "build.h"

struct includes;
struct listing;

/*
 * Look through `count` sources, absolute paths in the view, that the build has not
 * compiled, and what they include. Needs the files of the diff as they were. NULL: out
 * of memory. The caller gives it back with includes_destroy().
 */
struct includes *includes_create(struct build *b, const char *const *source, size_t count);
void includes_destroy(struct includes *n);

/*
 * May the source read a file of the diff? Of one that was not among those above: no.
 * Without memory, yes: what is compiled and does not change does no harm.
 */
bool includes_reach(const struct includes *n, const char *source);

/*
 * depends.c: what a file says that the compiler wrote for make: does the source read
 * a file of the diff? 1, 0, or -1: there is no such file.
 */
int depends_ask(struct build *b, const struct listing *l, const char *source);

#endif

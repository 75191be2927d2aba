/*
 * safe.h - for programs that want to help when they are patched.
 *
 * Included by: programs of others; no library has to be linked for it.
 * Runs on:     any thread of the program.
 * Locks:       see each function.
 * Signal:      not for handlers.
 *
 * The functions are in the agent. They are weak: in a process without an agent
 * they are NULL, and the macros do nothing but look at that.
 */
#ifndef OPUS_LIVEPATCH_SAFE_H
#define OPUS_LIVEPATCH_SAFE_H

#ifdef __cplusplus
extern "C" {
#endif

/*
 * This thread holds no lock of libc, and may be used to wake the agent. For
 * programs that work in the C library all the time, so that opus-send finds
 * no thread at a safe place. Costs one look at memory.
 */
extern void opus_lp_safe_point(void) __attribute__((weak));

/*
 * No update of the process begins between the two; they nest, and may be used
 * by several threads. For sections that must run with the code they began
 * with, of some milliseconds at most: opus-send waits about a second, and gives
 * up then. An update that was pending when the section began may take place
 * inside.
 */
extern void opus_lp_defer_begin(void) __attribute__((weak));
extern void opus_lp_defer_end(void) __attribute__((weak));

#ifdef __cplusplus
}
#endif

#define OPUS_LP_SAFE_POINT() \
	(opus_lp_safe_point ? opus_lp_safe_point() : (void)0)
#define OPUS_LP_DEFER_BEGIN() \
	(opus_lp_defer_begin ? opus_lp_defer_begin() : (void)0)
#define OPUS_LP_DEFER_END() \
	(opus_lp_defer_end ? opus_lp_defer_end() : (void)0)

#endif

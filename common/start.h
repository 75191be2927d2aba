/*
 * start.h - what is said to an agent at the start of its program, and where that
 *           start lies.
 *
 * Included by: launcher/ (says it), agent/ (hears it), store.c.
 * Runs on:     any thread; data only.
 * Locks:       none.
 * Signal:      safe: data only.
 *
 * The words are environment variables, since nothing else passes through
 * exec(2) to a preloaded library. The agent changes none of them.
 */
#ifndef OPUS_START_H
#define OPUS_START_H

/* "off": the agent applies nothing by itself, whatever else is said. */
#define START_SWITCH "OPUS_LIVEPATCH"
/* Absolute paths of patch files, separated by colons, to apply before main. */
#define START_PATCHES "OPUS_LIVEPATCH_PATCHES"
/* Process id: this one must not run unless all of START_PATCHES are applied. */
#define START_REQUIRE "OPUS_LIVEPATCH_REQUIRE"
/* Process id: opus-run has given START_PATCHES to this one, and it says so if one
 * of them is not applied. What it starts may be another program. */
#define START_FOR "OPUS_LIVEPATCH_FOR"
/* Path of the agent: what this process starts gets it preloaded as well, even
 * if it starts it with another environment. */
#define START_FOLLOW "OPUS_LIVEPATCH_FOLLOW"
/* Patterns as in fnmatch(3), separated by colons, of paths not to follow. */
#define START_FOLLOW_NOT "OPUS_LIVEPATCH_FOLLOW_NOT"

/* "1": from main on nothing may become code but patches and libraries; a
 * process that cannot be locked must not run. */
#define START_LOCK "OPUS_LIVEPATCH_LOCK"

/*
 * What each start runs and writes lies together: a page that is touched first
 * takes 2 to 4 us, more than all that is done there.
 */
#define AT_START __attribute__((section(".text.startup")))
#define START_DATA __attribute__((section(".data.start")))

/* Exit status of a program that must not run, as of env(1) and nohup(1). */
#define START_REFUSED 125

#endif

/*
 * filter.h - the program confines itself: its seccomp filters, as they come.
 *
 * Included by: restart_sig.c, signal_sig.c, stop.c, control.c, agent.c, follow.c,
 *              altstack.c.
 * Runs on:     see each function.
 * Locks:       none.
 * Signal:      safe where the name ends in _sig.
 *
 * opus-send asks a process' filters before it contacts it. One that is installed
 * afterwards may kill for the first call of a handler, even for its return. So
 * whoever installs one tells first, in the beacon:
 *
 *   the program                    opus-send                agent thread
 *   begun + 1                      read begun, ended;
 *   (contacts are shut out,        no filter on: signal
 *    and dropped)                  with `begun`             stop: active = 1
 *   wait while a stop is active                             begun, ended as
 *   prctl(PR_SET_SECCOMP)                                   when asked? else
 *   ended + 1                                               refuse
 */
#ifndef OPUS_FILTER_H
#define OPUS_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"

/* Make a system call that may install a filter: syscall(2)'s arguments and
 * result, with errno. Any thread, also in handlers of the host. */
long filter_call_sig(long number, long a, long b, long c, long d, long e, long f);

/* Was a signal with this value sent when the filters were as they are now, with none
 * under way? Any thread. */
bool filter_is_known_sig(uint64_t value);

/* Has one been installed that kills for what the agent does before the host's exec
 * and its filters? It does nothing there any more; opus-send refuses such a process
 * anyway. Any thread. */
bool filter_is_tight_sig(void);

/* How many installations have begun, in the upper half, and ended. Any thread. */
uint32_t filter_counts_sig(void);

/* opus-send is about to ask the filters that there are now. Agent thread. */
void filter_know(void);

/* What was known then, for the value of a signal as in a contact's; agent thread. */
uint64_t filter_value(void);

/* A stop has begun, and nobody was signalled: are the filters still those that
 * were asked? OPUS_CONFINED if not. Agent thread. */
enum opus_code filter_check(struct opus_error *err) MUST_CHECK;

/* In the child of fork(). */
void filter_forked(void);

#endif

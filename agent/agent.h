/*
 * agent.h - life cycle of the agent inside its host.
 *
 * Included by: all of agent/.
 * Runs on:     see each function.
 * Locks:       none.
 * Signal:      agent_usable() is safe, the rest is not.
 */
#ifndef OPUS_AGENT_H
#define OPUS_AGENT_H

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/beacon.h"
#include "common/error.h"
#include "common/start.h"

/* The contact and stop signal; set by the constructor, then constant. */
extern int agent_signal;
/* opus-inject has brought it: what it stands in front of got.c has seen to, and
 * SIGSETXID (33) is the contact signal, too. Set by the constructor. */
extern bool agent_late;
extern struct beacon opus_beacon;
extern _Atomic uint32_t agent_off;

/* The kernel says EFAULT, or libc EINVAL, for a NULL that libc's declarations have the
 * compiler believe to be impossible: it would leave the question out. */
#define MAY_BE_NULL(pointer) __asm__("" : "+r"(pointer))

/* Has the agent not switched itself off? Any thread, handlers too. */
static inline bool agent_usable(void)
{
	return atomic_load_explicit(&agent_off, memory_order_relaxed) == 0;
}

/*
 * Switch the agent off for the rest of the process's life: it no longer
 * trusts what it knows of the host. The host goes on as it is. Agent thread.
 */
void agent_switch_off(const char *reason);

/* Publish a change in the beacon: begin, write fields, end. Agent thread, or
 * the child of fork(). */
void beacon_begin(void);
void beacon_end(void);
void beacon_flag(uint32_t set, uint32_t clear);

/* A line in the log ring that `opus-send log` shows. Agent thread. */
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));
#define LOG_LINES 128
/* Line `n` counted from the oldest kept; false when there are no more. */
bool log_read(uint32_t n, uint64_t *at_ns, char text[256]);

/* The handler, installed by the constructor; signal_sig.c. */
void signal_handle_sig(int signo, siginfo_t *info, void *context);

/* preload.c: find libc's functions behind the interposed ones, and install a
 * handler past the guard that keeps the host off the agent's signal. */
void preload_init(void);
/* A function of libc's own, whatever else may stand in front of it; NULL: none.
 * Constructor. */
void *libc_function(const char *name);
int preload_sigaction(int signo, const struct sigaction *act);

#endif

/*
 * control.h - the control thread: serves opus-send while somebody needs it.
 *
 * Included by: agent.c.
 * Runs on:     see each function.
 * Locks:       see control.c.
 * Signal:      control_start_sig and control_wake_sig (contact.h) only.
 */
#ifndef OPUS_CONTROL_H
#define OPUS_CONTROL_H

#include <pthread.h>
#include <stdbool.h>

#include "common/error.h"

/* Constructor: prepare what control_start_sig() needs, so that it allocates
 * nothing itself. */
enum opus_code control_init(struct opus_error *err);

/* For all threads that the agent makes: detached, with a small stack. A process
 * may have all its memory locked (mlockall(2), MCL_FUTURE), and little more of it
 * allowed. After control_init(); stays as it is. */
const pthread_attr_t *control_attributes(void);

/* Keep the control thread from being started while another thread does its
 * work, and let it start again; a contact that came meanwhile is made when
 * opus-send asks again. Waits for a control thread that runs, 2 s at most:
 * false if it runs still. Any thread that is no handler. */
bool control_hold(void) MUST_CHECK;
void control_let(void);

/* In the child of fork(): the thread is not there; its descriptors are closed
 * so that the other end sees the parent's end of the connection. */
void control_forked(void);

#endif

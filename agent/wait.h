/*
 * wait.h - libc calls that wait: set up by the constructor.
 *
 * Included by: preload.c, agent.c.
 * Runs on:     constructor.
 * Locks:       the loader's (dlsym).
 * Signal:      unsafe.
 */
#ifndef OPUS_WAIT_H
#define OPUS_WAIT_H

/* Find libc's functions behind those of wait.c. */
void wait_init(void);

#endif

/*
 * tls.h - whose thread-local storage does a thread run on?
 *
 * Included by: agent.c, signal_sig.c, contact_sig.c, stop_sig.c, gate_sig.c, guard.c,
 *              follow.c, restart.h.
 * Runs on:     any thread.
 * Locks:       none.
 * Signal:      safe, but for tls_init(); tls_there_sig() before anything that is
 *              thread-local is used.
 *
 * All threads that libc makes have storage of their own, of which the handler
 * takes some. A program may make threads by clone(2) that use their parent's,
 * or set the register to something else (arch_prctl(2), ARCH_SET_FS).
 */
#ifndef OPUS_TLS_H
#define OPUS_TLS_H

#include <stdbool.h>

/* In the constructor, on a thread that libc made; `hwcap2` is getauxval(3)'s
 * AT_HWCAP2. */
void tls_init(unsigned long hwcap2);

/* Has the calling thread any? What uses it would fault otherwise. Makes no system
 * call. True as well where the processor cannot tell (before FSGSBASE). */
bool tls_there_sig(void);

/* Is it another thread's, too? Then nothing may be called that counts on it,
 * malloc for instance. Makes a system call, or two. */
bool tls_shared_sig(void);

#endif

/*
 * waits.h - can it be seen which system call a thread of this libc waits in?
 *
 * Included by: agent/agent.c, agent/restart_sig.c, agent/contact_sig.c,
 *              agent/late.c, injector/fit.c, injector/place.c, injector/waiting.c.
 * Runs on:     any thread.
 * Locks:       none.
 * Signal:      safe: computes.
 *
 * A stop is hidden from a wait by making the system call anew, for which its
 * number is needed (agent/restart_sig.c). Up to glibc 2.40 each wrapper has a
 * `syscall` of its own, and the instruction before it loads the number. Since
 * 2.41 all waits go through __syscall_cancel() (sysdeps/unix/sysv/linux/x86_64/
 * syscall_cancel.S, nptl/cancellation.c), and the number is its seventh
 * argument, on the stack.
 */
#ifndef OPUS_WAITS_H
#define OPUS_WAITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WAITS_UNKNOWN                                                          \
	"its libc makes system calls in a way that is not known here, and "    \
	"does not show what a thread waits for: a stop would make calls fail " \
	"with EINTR"

#define WAITS_NO_PROC                                                          \
	"it has no /proc in its root folder, and the loader of its glibc, 2.41 "\
	"or later, can hang without: make /proc visible there (mount --bind)"

/* Bytes of libc's syscall() and pthread_sigmask(), up to behind their `syscall`;
 * the first makes no frame. */
#define WAITS_SYSCALL 32
#define WAITS_SIGMASK 128

/* The two `syscall` instructions of a libc that has no others for waits. */
struct waits {
	uint64_t plain;	    /* behind the one that is no point of cancellation;
			     * 0: every wrapper has its own */
	uint64_t cancel;    /* behind that of __syscall_cancel_arch() */
	uint64_t caller;    /* where that function returns to */
	uint8_t plain_at;   /* the number, in bytes above the stack pointer, */
	uint8_t cancel_at;  /* while the thread waits there */
};

/* Copies `size` bytes of the process's code; false if they cannot be read. */
typedef bool waits_read(const void *state, uint64_t at, void *bytes, size_t size);

/*
 * Find out from the code of libc's poll() at `poll` how it makes system calls.
 * False: in neither way; *ret is then zero.
 */
bool waits_find(uint64_t poll, waits_read *read, const void *state,
		struct waits *ret);

/*
 * The number that lies on the stack of a thread which is in one of the two, its
 * `syscall` being at `at`, with this stack pointer. -1: it is in neither.
 */
long waits_number(uint64_t at, uint64_t sp, waits_read *read, const void *state);

#endif

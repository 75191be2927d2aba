/*
 * waits.h - can it be seen which system call a thread of this libc waits in?
 *
 * Included by: agent/agent.c, agent/restart_sig.c, agent/contact_sig.c,
 *              agent/late.c, injector/fit.c, injector/place.c, injector/waiting.c,
 *              injector/remote_frame.c.
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

#define WAITS_BACK 48 /* bytes before `syscall` in which its number is looked for */

/* Is the instruction at `p`, which has `room` bytes before it, one with r8 in place
 * of eax? A prefix tells (REX.B, or REX.R of a source; Intel's manual, volume 2,
 * 2.2.1). */
static inline bool waits_is_of_r8(const uint8_t *p, size_t room, uint8_t bits)
{
	return room > 0 && (p[-1] & 0xf0) == 0x40 && (p[-1] & bits) != 0;
}

/* The number that the code before the `syscall` at `p` puts into eax, of which `room`
 * bytes can be read: `mov $n, %eax`, `xor %eax, %eax`, or by way of r8, as in glibc's
 * locks. -1: none is seen. Inline: in a handler it must not use vector registers. */
static inline long waits_number_loaded(const uint8_t *p, size_t room)
{
	bool by_r8 = false;

	for (size_t k = 2; k < WAITS_BACK && k <= room; k++) {
		const uint8_t *q = p - k;
		uint32_t number;

		if (k >= 3 && q[0] == 0x44 && q[1] == 0x89 && q[2] == 0xc0)
			by_r8 = true; /* mov %r8d, %eax */
		if (q[0] == 0x31 && q[1] == 0xc0 &&
		    waits_is_of_r8(q, room - k, 5) == by_r8)
			return 0;
		if (k < 5 || q[0] != 0xb8 || waits_is_of_r8(q, room - k, 1) != by_r8)
			continue;
		number = (uint32_t)q[1] | (uint32_t)q[2] << 8 | (uint32_t)q[3] << 16 |
			 (uint32_t)q[4] << 24;
		if (number < 1024)
			return (long)number;
	}
	return -1;
}

#endif

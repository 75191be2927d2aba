/*
 * signal_frame.h - what the kernel puts on a stack for a signal handler.
 *
 * Included by: remote_frame.c, place.c.
 * Runs on:     data only.
 * Locks:       none.
 * Signal:      safe: data only.
 */
#ifndef OPUS_SIGNAL_FRAME_H
#define OPUS_SIGNAL_FRAME_H

#include <signal.h>
#include <stdint.h>

/* The kernel's struct ucontext (arch/x86/include/uapi/asm/ucontext.h), as
 * rt_sigreturn(2) reads it; the one of libc has a longer mask. */
struct signal_frame {
	uint64_t home; /* popped by ret; the rest is at sp then */
	uint64_t flags, link;
	uint64_t stack_sp, stack_flags, stack_size;
	struct sigcontext machine;
	uint64_t mask;
};

_Static_assert(sizeof(struct signal_frame) == 8 + 40 + 256 + 8, "kernel ABI");

#endif

/*
 * tls_sig.c - whose thread-local storage does a thread run on?
 *
 * Called by:  agent.c; signal_sig.c, contact_sig.c and stop_sig.c in the handler;
 *             gate_sig.c; guard.c, follow.c and restart.h in what the host calls.
 * Runs on:    any thread.
 * Locks:      none.
 * Signal:     safe: two registers, two words, system calls that get an id.
 */
#include "tls.h"

#include <stddef.h>
#include <stdint.h>

#include "agent.h"
#include "arch/x86_64/raw.h"

/* Kernel 5.9 and a processor with it: the register can be read without a system
 * call, and without a fault if it is 0 (Documentation/arch/x86/x86_64/fsgs.rst). */
#define HWCAP2_FSGSBASE 2ul

/* libc's control block of a thread is a page at most; it holds the thread's id. */
#define BLOCK 0x900u

START_DATA static bool readable; /* the register is */
START_DATA static size_t id_at;  /* in the control block; 0: not known */

AT_START void tls_init(unsigned long hwcap2)
{
	uintptr_t self = raw_thread_pointer();
	int32_t id = raw_gettid();

	readable = hwcap2 & HWCAP2_FSGSBASE;
	/* Behind the words that the ABI gives a meaning (psABI 3.4.6), and not in the
	 * upper half of one: half of a pointer may be any id. */
	for (size_t at = 64; at < BLOCK; at += sizeof(uintptr_t))
		if (*(const int32_t *)(self + at) == id) {
			id_at = at;
			return;
		}
}

bool tls_there_sig(void)
{
	uintptr_t self;

	if (!readable)
		return true;
	self = raw_fs_base();
	/* Its first word is its own address (psABI 3.4.6). */
	return self != 0 && *(const uintptr_t *)self == self;
}

bool tls_shared_sig(void)
{
	int tid = raw_gettid();

	/* A child that was made by the system call has its parent's id there. */
	return id_at != 0 &&
	       *(const int32_t *)(raw_thread_pointer() + id_at) != tid &&
	       tid != raw_getpid();
}

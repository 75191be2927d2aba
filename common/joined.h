/*
 * joined.h - what opus-inject tells the agent that it loads.
 *
 * Included by: agent/late.c (reads it), injector/image.c (writes it into the
 *              agent's file before that is loaded).
 * Runs on:     any thread; data only.
 * Locks:       none.
 * Signal:      safe: data only.
 */
#ifndef OPUS_JOINED_H
#define OPUS_JOINED_H

#include <stdint.h>

/* 15 bytes and a NUL, as BEACON_MAGIC. */
#define JOINED_MAGIC "OPUS-LP\n\x1a" "join02"

#define JOINED_CALLS 256

/* `call`: who waits in libc's syscall(2). Threads that were stopped by ptrace(2) are
 * shown by the kernel as in restart_syscall(2) since. */
struct joined {
	char magic[16];
	struct joined_call {
		uint64_t sp; /* 0: unused */
		uint64_t ip; /* behind the `syscall` instruction */
		uint64_t first, second; /* arguments */
		int64_t number;
	} call[JOINED_CALLS];
	/* The alternate signal stack of the borrowed thread, sigaltstack(2); 0:
	 * none, or not known. */
	uint64_t altstack_size;
};

#endif

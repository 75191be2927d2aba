/*
 * beacon.h - what can be known of an agent without talking to it.
 *
 * Included by: agent/ (writes it), injector/ (reads it with
 *              process_vm_readv(2) or /proc/PID/mem).
 * Runs on:     any thread; data only.
 * Locks:       none. The agent's control thread alone writes it, `sequence`
 *              is odd while it does: a reader that sees an odd or a changed
 *              number reads again.
 * Signal:      safe: data only.
 *
 * It lies at the start of a page of the agent's writable segment (section
 * .opus.beacon, aligned to 4096), so that opus-send finds it without symbols:
 * it looks at the first bytes of each page of the writable mappings of a file
 * whose name starts with "libopus-agent.so" (or of the memfd of that name).
 */
#ifndef OPUS_BEACON_H
#define OPUS_BEACON_H

#include <stdint.h>

#include "wire.h"

/* 15 bytes and a NUL; in pieces, so that no escape runs on into a letter. */
#define BEACON_MAGIC "OPUS-LP\n\x1a" "beacon"
#define BEACON_VERSION 3
#define BEACON_PATCHES 64
#define BEACON_THREAD "opus-agent" /* name of the control thread */

enum beacon_flags {
	BEACON_READY = 1,    /* the constructor is done, the signal is caught */
	BEACON_OFF = 2,      /* the agent switched itself off after a failure */
	BEACON_INJECTED = 4, /* came by opus-inject, not by preload */
	BEACON_ACTIVE = 8,   /* the control thread runs */
	BEACON_PENDING = 16, /* an update is pending */
	BEACON_LOCKED = 32,  /* the one seccomp filter is the agent's own lock */
	BEACON_STARTING = 64, /* before main(), where patches may be applied */
	BEACON_ASKED = 128,  /* one that came late knows the alternate stacks */
};

struct beacon_patch {
	char name[WIRE_NAME];
	uint32_t state; /* enum wire_patch_state */
	uint32_t functions;
	uint8_t digest[32];
};

struct beacon {
	char magic[16];
	uint32_t version;
	uint32_t size;
	uint32_t wire_version;
	uint32_t signal;   /* number of the contact signal */
	uint32_t flags;    /* enum beacon_flags */
	uint32_t sequence; /* odd while being written */
	int32_t pid;       /* as the target sees itself; differs after fork until refreshed */
	uint32_t patches;  /* used entries below; more may exist: see LIST */
	char agent[32];    /* version */
	char off_reason[128];
	uint32_t start_error; /* errno of the last attempt to start the control
			       * thread, or of its own to make a socket; 0: both
			       * succeeded */
	/* seccomp filters that the program has begun to install, and has installed;
	 * any thread writes them, outside `sequence`. */
	uint16_t filters_begun, filters_ended;
	struct beacon_patch patch[BEACON_PATCHES];
	uint32_t contacts; /* signals of opus-send that the agent's handler has
			    * seen; any thread counts, outside `sequence` */
};

#endif

/*
 * playground.h - the code that is run in the target, and its data.
 *
 * Included by: inject.c, alone.c, load.h, arch/x86_64/playground.S.
 * Runs on:     command; the code: a borrowed thread of the target, and one
 *              that it makes.
 * Locks:       those of pthread_create() and dlopen().
 * Signal:      the host's are blocked in both threads.
 *
 * Both lie behind the agent in its memfd, which target and tool map:
 *
 *     memfd   [agent ........][code][data, stack .......]
 *     target     by dlopen    r-x   rw- shared
 *     tool                          rw- shared
 *
 * The borrowed thread makes a thread and goes home. The new one waits until the
 * tool has filled in the agent, for which nobody need be stopped, loads it, tells
 * the tool, and takes code and data out of the process.
 */
#ifndef OPUS_PLAYGROUND_H
#define OPUS_PLAYGROUND_H

#define PLAYGROUND_LOADING 1
#define PLAYGROUND_LOADED 2
#define PLAYGROUND_FAILED 3

/* What the tool releases it for. */
#define PLAYGROUND_LOAD 1
#define PLAYGROUND_LEAVE 2

/* Where the borrowed thread is. */
#define PLAYGROUND_BACK 1 /* it has made the new one, and waits to be stopped */
#define PLAYGROUND_LEFT 2 /* nobody has: it goes home */

#define PLAYGROUND_CODE 4096
#define PLAYGROUND_DATA 65536

/* Offsets for the assembler. */
#define PG_STATE 0
#define PG_RELEASED 4
#define PG_RESULT 8
#define PG_FD 12
#define PG_HOME 16
#define PG_CREATE 24
#define PG_SELF 32
#define PG_DETACH 40
#define PG_DLOPEN 48
#define PG_DLERROR 56
#define PG_MUNMAP 64
#define PG_CODE 72
#define PG_THREAD 80
#define PG_PATH 88
#define PG_BACK 152
#define PG_TEXT 156
#define PG_TEXT_SIZE 256
#define PG_FOLDER 412
/* Offset of room for calls of the borrowed thread. */
#define PG_SPARE 1024

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

struct playground {
	/* Written by the new thread; a futex. */
	_Atomic uint32_t state;
	/* Written by the tool, PLAYGROUND_LOAD or LEAVE: the borrowed thread is
	 * out of the code, and the agent is in the memfd or will not be; a
	 * futex. */
	_Atomic uint32_t released;
	/* Of pthread_create(); written by the borrowed thread. */
	int32_t result;
	int32_t fd;
	uint64_t home;
	uint64_t create, self, detach, dlopen, dlerror, munmap;
	uint64_t code;
	uint64_t thread; /* pthread_t */
	char path[PG_BACK - PG_PATH];
	/* Written by the borrowed thread, see PLAYGROUND_BACK; a futex. */
	_Atomic uint32_t back;
	char text[PG_TEXT_SIZE]; /* of dlerror() */
	/* Its folder of /proc, from which `path` counts; -1: `path` is absolute. */
	int32_t folder;
};

_Static_assert(offsetof(struct playground, create) == PG_CREATE &&
	       offsetof(struct playground, munmap) == PG_MUNMAP &&
	       offsetof(struct playground, back) == PG_BACK &&
	       offsetof(struct playground, thread) == PG_THREAD &&
	       offsetof(struct playground, text) == PG_TEXT &&
	       offsetof(struct playground, folder) == PG_FOLDER &&
	       sizeof(struct playground) <= PG_SPARE, "see playground.S");

/* The code: entry of the borrowed thread at its start. */
extern const char playground_start[], playground_end[];
#endif

#endif

/*
 * wire.h - what opus-send and the agent say to each other.
 *
 * Included by: agent/, injector/. docs/protocol.md tells the same as a story.
 * Runs on:     any thread; data only.
 * Locks:       none.
 * Signal:      safe: data only.
 *
 *   opus-send                                    agent, inside the target
 *   ---------                                    ------------------------
 *   read the beacon (beacon.h), check SigCgt
 *   socket + bind + listen below /proc/PID/root
 *   rt_tgsigqueueinfo(contact value)  ---------> handler: thread at a safe
 *                                                place? start control thread
 *   accept, check SO_PEERCRED.pid  <------------ connect, check SO_PEERCRED.uid
 *   unlink the socket
 *                                  <------------ HELLO
 *   PROC, LIBRARY ... + descriptor -----------> (only if HELLO asks for them)
 *                                  <------------ RESULT of each
 *   APPLY + descriptor of the patch -----------> prepare, stop, scan, arm or
 *                                                commit
 *                                  <------------ RESULT (ok, pending, or why not)
 *   WAIT (only if pending)         ------------> 
 *                                  <------------ THREAD ..., PROGRESS, repeated
 *                                  <------------ RESULT (ok or cancelled)
 *   close                          ------------> idle: the control thread ends
 *
 * The socket is SOCK_SEQPACKET: one message is one packet, a struct wire_head
 * and the struct of its type. Both sides run on one machine, so integers are
 * in its own order. Every request is answered by any number of reply messages
 * and exactly one RESULT with the request's `serial`.
 */
#ifndef OPUS_WIRE_H
#define OPUS_WIRE_H

#include <stdint.h>

#include "error.h"

#define WIRE_MAGIC 0x5355504fu /* "OPUS" */
#define WIRE_VERSION 3
#define WIRE_NAME 128   /* patch and function names, NUL included */
#define WIRE_FRAMES 64  /* frames of a backtrace */
#define WIRE_LABELS 256
#define WIRE_MESSAGE 4096 /* no message is longer */
#define WIRE_ARGS 2048

/* M(NAME, who says it, description) */
#define WIRE_MESSAGES(M)                                                       \
	M(WIRE_HELLO, "agent", "first message of a connection")                \
	M(WIRE_APPLY, "opus-send", "apply the patch whose descriptor comes along") \
	M(WIRE_REVERT, "opus-send", "revert a patch by name")                  \
	M(WIRE_LIST, "opus-send", "ask for a PATCH per patch")                 \
	M(WIRE_WHY, "opus-send", "ask for a THREAD per unsafe thread, with backtrace") \
	M(WIRE_WAIT, "opus-send", "tell when the pending update ends")         \
	M(WIRE_CANCEL, "opus-send", "cancel the pending update")               \
	M(WIRE_LOG, "opus-send", "ask for the agent's log")                    \
	M(WIRE_RESULT, "agent", "the answer to a request")                     \
	M(WIRE_PATCH, "agent", "one patch")                                    \
	M(WIRE_THREAD, "agent", "one unsafe thread")                           \
	M(WIRE_PROGRESS, "agent", "the update is still pending")               \
	M(WIRE_LINE, "agent", "one line of the log")                           \
	M(WIRE_PROC, "opus-send", "here is your folder of /proc, as a descriptor") \
	M(WIRE_LIBRARY, "opus-send", "a library of libunwind, those it needs first")

enum wire_type {
#define M(name, who, text) name,
	WIRE_MESSAGES(M)
#undef M
	WIRE_TYPE_COUNT
};

struct wire_head {
	uint32_t magic;
	uint16_t version;
	uint16_t type;   /* enum wire_type */
	uint32_t length; /* of the whole message */
	uint32_t serial; /* chosen by opus-send, repeated by the agent */
};

enum wire_needs {
	/* The process sees no /proc with its own process ids (chroot): nothing
	 * but LIST and LOG can be done until PROC has brought it. */
	WIRE_NEEDS_PROC = 1,
	/* It has not loaded libunwind yet, and will not find it unless it sees
	 * the same files as opus-send. */
	WIRE_NEEDS_UNWIND = 2,
};

struct wire_hello {
	struct wire_head head;
	int32_t pid; /* as the target sees itself */
	uint32_t patches;
	uint32_t needs; /* enum wire_needs */
	int32_t tid;    /* of the control thread, as the target numbers it */
	char agent[32]; /* version of the agent */
};

enum wire_apply_flags {
	/* Prepare, stop and scan, but change nothing. Answer: OPUS_OK if it
	 * would apply at once, OPUS_PENDING if threads are inside. */
	WIRE_DRY_RUN = 1,
	/* The update outlives the connection. Without this flag a pending
	 * update is cancelled when opus-send disappears. */
	WIRE_KEEP = 2,
	/* Do not leave the update pending: OPUS_BUSY if a thread is inside. */
	WIRE_AT_ONCE = 4,
	/* While it is pending, never hold threads that come in. */
	WIRE_NO_BARRIER = 8,
};

struct wire_apply {
	struct wire_head head;
	uint32_t flags;
	uint32_t args_size;
	uint64_t stop_limit_ns; /* longest time that threads may be stopped; 0: 100 ms */
	char args[WIRE_ARGS];   /* NAME=VALUE NUL ..., args_size bytes in all */
};

struct wire_revert {
	struct wire_head head;
	uint32_t flags; /* as for APPLY */
	uint32_t spare;
	uint64_t stop_limit_ns;
	char name[WIRE_NAME];
};

struct wire_wait {
	struct wire_head head;
	uint64_t interval_ns; /* between two PROGRESS messages; 0: none */
};

/* LIST, WHY, CANCEL, LOG, PROC, LIBRARY: a head alone. */

struct wire_result {
	struct wire_head head;
	struct opus_error error;
	uint64_t prepare_ns; /* from request to the stop */
	uint64_t pause_ns;   /* threads stopped, as the agent saw it; of this */
	uint64_t stop_ns;    /* ... from the first signal until all stood */
	uint64_t scan_ns;    /* ... looking at their stacks */
	uint64_t switch_ns;  /* ... writing jumps or gates, hooks included */
	uint64_t total_ns;   /* from request to this answer */
	uint64_t pending_ns; /* from the stop to the commit */
	uint32_t threads;    /* that were stopped */
	uint32_t unsafe;     /* of them, inside */
	uint32_t functions;
	uint32_t spare;
	char patch[WIRE_NAME];
};

/* X(name, JSON name, text): states of a patch in the process. */
#define WIRE_STATES(X)                                                         \
	X(WIRE_PATCH_LOADED, "loaded", "loaded, never applied")                \
	X(WIRE_PATCH_APPLYING, "applying", "apply is pending")                 \
	X(WIRE_PATCH_APPLIED, "applied", "applied")                            \
	X(WIRE_PATCH_REVERTING, "reverting", "revert is pending")              \
	X(WIRE_PATCH_REVERTED, "reverted", "reverted")

enum wire_patch_state {
#define X(name, json, text) name,
	WIRE_STATES(X)
#undef X
	WIRE_PATCH_STATE_COUNT
};

struct wire_patch {
	struct wire_head head;
	uint32_t state; /* enum wire_patch_state */
	uint32_t functions;
	uint32_t shadowed; /* functions that a newer patch has replaced again */
	uint32_t spare;
	uint64_t changed_at_ns; /* CLOCK_REALTIME of the last change of state */
	uint8_t digest[32];
	char name[WIRE_NAME];
	char labels[WIRE_LABELS]; /* separated by spaces */
};

struct wire_thread {
	struct wire_head head;
	int32_t tid;
	uint32_t reason; /* enum opus_reason */
	uint64_t since_ns; /* how long it has been on the list */
	uint64_t function; /* address of the old function's entry, 0 unknown */
	uint32_t frames;   /* used entries of frame[] */
	uint32_t complete; /* 1: the backtrace reaches the end of the stack */
	char comm[16];
	char name[WIRE_NAME]; /* of the old function */
	uint64_t frame[WIRE_FRAMES]; /* innermost first; return addresses */
};

struct wire_progress {
	struct wire_head head;
	uint64_t pending_ns;
	uint32_t unsafe;
	uint32_t barrier; /* 1: threads are held at the gates just now */
};

struct wire_line {
	struct wire_head head;
	uint64_t at_ns; /* CLOCK_REALTIME */
	char text[256];
};

/* Contact value, the 64 bits of siginfo's si_value:
 *   63..56 WIRE_CONTACT_TAG | 55 WIRE_CONTACT_TIMER |
 *   54..51 beacon's filters_begun when the filters were asked |
 *   50..48 index of the place | 47..0 random
 * and the socket is FOLDER/opus-<12 hex digits of the random part>, or, at the
 * place with no folder, that name in the abstract namespace (unix(7)), which
 * belongs to the network namespace and is the same in any root. */
#define WIRE_CONTACT_TAG 0x4fu
/* No filter of system calls is on: the agent may use timer_create(2) to try
 * again where it cannot start. */
#define WIRE_CONTACT_TIMER (1ull << 55)
#define WIRE_CONTACT_FILTERS_MASK 0xfu
#define WIRE_CONTACT_FILTERS_SET(count) \
	(((uint64_t)(count) & WIRE_CONTACT_FILTERS_MASK) << 51)
#define WIRE_CONTACT_FILTERS(value) ((value) >> 51 & WIRE_CONTACT_FILTERS_MASK)
#define WIRE_CONTACT_PLACE(value) ((value) >> 48 & 7u)
#define WIRE_FOLDERS {"/run", "/tmp", "/var/tmp", "/dev/shm", ""}
#define WIRE_FOLDER_COUNT 5
#define WIRE_ABSTRACT 4 /* index of the place with no folder */
#define WIRE_SOCKET_FORMAT "%s/opus-%012llx"

_Static_assert(sizeof(struct wire_apply) <= WIRE_MESSAGE, "message size");
_Static_assert(sizeof(struct wire_result) <= WIRE_MESSAGE, "message size");
_Static_assert(sizeof(struct wire_thread) <= WIRE_MESSAGE, "message size");

#endif

/*
 * codes.h - every result that a user of the project can see, once.
 *
 * Included by: all parts.
 * Runs on:     any thread.
 * Locks:       none.
 * Signal:      safe: data only.
 */
#ifndef OPUS_CODES_H
#define OPUS_CODES_H

/*
 * X(name, exit status, JSON name, text)
 *
 * The enum, the texts, the exit statuses of opus-send and the table in
 * opus-send(1) are all made from this list, so they cannot differ. The order
 * is part of the wire protocol: append only.
 */
#define OPUS_CODES(X)                                                          \
	X(OPUS_OK, 0, "ok", "done")                                            \
	X(OPUS_ALREADY, 0, "already", "already so; nothing changed")           \
	X(OPUS_INTERNAL, 1, "internal", "internal error")                      \
	X(OPUS_RESOURCE, 1, "resource", "the system refused a resource")       \
	X(OPUS_USAGE, 2, "usage", "wrong usage")                               \
	X(OPUS_NO_TARGET, 3, "no-target", "no such process")                   \
	X(OPUS_NO_AGENT, 3, "no-agent", "no usable agent in the process")      \
	X(OPUS_VERSION, 3, "version", "the agent speaks another protocol")     \
	X(OPUS_NO_PATCH, 3, "no-patch", "no patch of that name in the process")\
	X(OPUS_DIED, 3, "died", "the process ended meanwhile")                 \
	X(OPUS_PERMISSION, 4, "permission", "not permitted")                   \
	X(OPUS_CONFINED, 4, "confined", "the process confines itself")         \
	X(OPUS_UNREADABLE, 5, "unreadable", "the patch file cannot be read")   \
	X(OPUS_INVALID, 5, "invalid", "the patch file is not valid")           \
	X(OPUS_NO_MATCH, 6, "no-match", "no loaded object has this build-id")  \
	X(OPUS_BYTES_DIFFER, 6, "bytes-differ", "the code in memory differs")  \
	X(OPUS_BUSY, 7, "busy", "threads are inside; nothing changed")         \
	X(OPUS_PENDING, 7, "pending", "the update stays pending")              \
	X(OPUS_CANCELLED, 7, "cancelled", "the update was cancelled; nothing changed") \
	X(OPUS_OTHER_UPDATE, 7, "other-update", "another update is pending")   \
	X(OPUS_NO_ANSWER, 7, "no-answer", "a thread did not stop in time")     \
	X(OPUS_NO_CONTACT, 7, "no-contact", "no thread could start the agent safely") \
	X(OPUS_ORDER, 7, "order", "a newer patch stands on this one")          \
	X(OPUS_SOME_FAILED, 8, "some-failed", "some of the targets failed")    \
	X(OPUS_INCONSISTENT, 9, "inconsistent", "the process is inconsistent: restart it") \
	X(OPUS_VETO, 10, "veto", "a check of the patch refused")               \
	X(OPUS_WOULD_NOT, 10, "would-not", "it would not apply")               \
	X(OPUS_SILENT, 7, "silent", "a file of the process does not answer")

enum opus_code {
#define X(name, status, json, text) name,
	OPUS_CODES(X)
#undef X
	OPUS_CODE_COUNT
};

/* Why a thread is unsafe, and how it comes off the list. X(name, JSON, text) */
#define OPUS_REASONS(X)                                                        \
	X(OPUS_WHY_INSIDE, "inside", "is inside the function")                 \
	X(OPUS_WHY_ENTERED, "entered", "entered while the update was pending") \
	X(OPUS_WHY_UNREADABLE, "unreadable", "stack cannot be read to its end")\
	X(OPUS_WHY_COROUTINE, "coroutine", "a suspended context is inside")    \
	X(OPUS_WHY_GATE, "gate", "is passing a gate of the agent")             \
	X(OPUS_WHY_PROLOGUE, "prologue", "was interrupted at the function's first instructions")

enum opus_reason {
#define X(name, json, text) name,
	OPUS_REASONS(X)
#undef X
	OPUS_REASON_COUNT
};

#endif

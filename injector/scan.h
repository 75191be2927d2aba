/*
 * scan.h - can a process be patched, and if not, why not?
 *
 * Included by: injector/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_SCAN_H
#define OPUS_SCAN_H

#include "target.h"

/* S(name, JSON name, text): the first that holds, in this order. */
#define SCAN_KINDS(S)                                                          \
	S(SCAN_READY, "ready", "can be patched")                               \
	S(SCAN_OFF, "off", "its agent has switched itself off")                \
	S(SCAN_CONFINED, "confined", "has an agent, and a seccomp filter that it might break") \
	S(SCAN_VERSION, "version", "has an agent of another version")          \
	S(SCAN_HIDDEN, "hidden", "may not be looked at")                       \
	S(SCAN_SILENT, "silent", "cannot be looked at now: a file of it, on a network or FUSE file system, does not answer") \
	S(SCAN_32BIT, "32bit", "is a 32-bit program")                          \
	S(SCAN_STATIC, "static", "is linked statically")                       \
	S(SCAN_STARTING, "starting", "is still in its loader")                  \
	S(SCAN_LIBC, "libc", "uses another libc than glibc")                   \
	S(SCAN_RIGHTS, "rights", "was started with more rights than its caller: the loader took no preload") \
	S(SCAN_FAILED, "failed", "was to get the agent, but the loader did not load it") \
	S(SCAN_NAMESPACE, "namespace", "runs in a container, without the agent, which `opus-send apply` would bring in") \
	S(SCAN_NONE, "none", "was started without the agent, which `opus-send apply` would bring in")

enum scan_kind {
#define S(name, json, text) name,
	SCAN_KINDS(S)
#undef S
	SCAN_KIND_COUNT
};

struct scan {
	enum scan_kind kind;
	bool upgraded; /* its binary, or a library, was replaced on the disk */
	char exe[256]; /* "" if unknown */
	char upgraded_path[256];
};

/* Look at a process; nobody is disturbed. False: it has ended, or is a thread
 * of the kernel. */
bool scan_look(struct target *t, struct scan *ret);

/* Its program's path. */
void scan_exe_read(const struct target *t, struct scan *ret);

const char *scan_text(enum scan_kind kind);
const char *scan_json(enum scan_kind kind);

#endif

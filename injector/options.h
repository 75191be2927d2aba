/*
 * options.h - the command line of opus-send.
 *
 * Included by: injector/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_OPTIONS_H
#define OPUS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "common/wire.h"

#define OPTIONS_TIMEOUT_NS 10000000000ull
#define OPTIONS_FOREVER UINT64_MAX

/*
 * V(VERB, name, operand, options, default timeout, summary)
 * The letters in `options` are the short names of the options that the verb
 * takes besides -j and -h, see OPTIONS_LIST.
 */
#define OPTIONS_VERBS(V)                                                       \
	V(VERB_APPLY, "apply", "PATCH", "peaTUdtnmAFSNPBR", OPTIONS_TIMEOUT_NS,   \
	  "apply a patch to running processes")                                \
	V(VERB_REVERT, "revert", "NAME", "peaTUdtnmFSPBR", OPTIONS_TIMEOUT_NS,       \
	  "take a patch back")                                                 \
	V(VERB_STATUS, "status", NULL, "peaTU", 0,                               \
	  "show agents and patches, without contact")                          \
	V(VERB_LIST, "list", NULL, "peaTUFS", 0,                                  \
	  "ask the agents for their patches")                                  \
	V(VERB_WHY, "why", NULL, "peaTUFS", 0,                                    \
	  "show which threads hold up a pending update, and where they are")   \
	V(VERB_WAIT, "wait", NULL, "peaTUtFS", OPTIONS_FOREVER,                   \
	  "wait until a pending update has ended")                             \
	V(VERB_CANCEL, "cancel", NULL, "peaTUFS", 0,                              \
	  "cancel a pending update")                                           \
	V(VERB_LOG, "log", NULL, "peaTUFS", 0,                                    \
	  "print the agents' logs")                                            \
	V(VERB_SCAN, "scan", NULL, "peaTU", 0,                                 \
	  "say of every process whether it can be patched, and why not")       \
	V(VERB_CHECK, "check", "PATCH", "peaTU", 0,                            \
	  "does every process that has the hole run the patch?")               \
	V(VERB_STORE, "store", "ACTION", "e", 0,                               \
	  "list, or add, remove, enable, disable a patch that stays")          \
	V(VERB_INSPECT, "inspect", "PATCH", "", 0,                             \
	  "print what a patch file contains")

/* O(letter, long name, argument, text). Those in upper case, but V, have no short form. */
#define OPTIONS_LIST(O)                                                        \
	O('p', "pid", "P", "the process P (may be repeated)")                  \
	O('e', "exe", "PATH", "every process that runs the program PATH")      \
	O('a', "all", NULL, "every process concerned, see opus-send(1)")       \
	O('T', "tree", "P", "the process P and all its descendants")           \
	O('U', "unit", "NAME", "every process of this systemd unit")           \
	O('d', "dry-run", NULL, "check everything, change nothing")            \
	O('t', "timeout", "SECONDS",                                           \
	  "how long to wait for a pending update (0: not at all)")             \
	O('n', "no-wait", NULL, "leave the update pending and return")         \
	O('m', "max-pause", "MS", "longest time that threads may be stopped")  \
	O('A', "arg", "NAME=VALUE",                                            \
	  "an argument for the patch's hooks (may be repeated)")               \
	O('F', "force-confined", NULL,                                         \
	  "contact the process although it has a seccomp filter")              \
	O('S', "suspend-seccomp", NULL,                                        \
	  "suspend filters that would not let the agent work")                 \
	O('N', "no-attach", NULL,                                              \
	  "do not attach to the process, for whatever reason")               \
	O('B', "no-barrier", NULL,                                             \
	  "never hold threads that come in while the update is pending")       \
	O('R', "retry", NULL,                                                  \
	  "do not leave it pending: look again every 10 ms")                   \
	O('P', "persist", NULL,                                                \
	  "put it into the store, or out of it, for later starts")             \
	O('j', "json", NULL, "print one JSON object")                          \
	O('h', "help", NULL, "this text")                                      \
	O('V', "version", NULL, "print the version")

enum options_verb {
#define V(VERB, name, operand, options, timeout, summary) VERB,
	OPTIONS_VERBS(V)
#undef V
	OPTIONS_VERB_COUNT
};

struct options {
	enum options_verb verb;
	const char *operand; /* PATCH, NAME or ACTION */
	const char *second;  /* PATCH or NAME of an action of the store */
	pid_t *pids;
	size_t pid_count;
	const char *exe;
	pid_t tree;          /* 0: not given */
	const char *unit;
	bool all;
	bool dry_run;
	bool no_wait;
	bool json;
	bool force_confined;
	bool suspend_seccomp;
	bool no_attach;
	bool persist;
	bool no_barrier;
	bool retry;
	bool help;           /* nothing to do but print a help text */
	bool help_of_verb;   /* that of `verb`, not the general one */
	bool version;        /* nothing to do but print the version */
	uint64_t timeout_ns; /* OPTIONS_FOREVER: no limit */
	uint64_t max_pause_ns; /* 0: the agent's own limit */
	uint32_t args_size;
	char args[WIRE_ARGS];  /* as in struct wire_apply */
};

/*
 * Understand a command line. Strings of the result point into `argv`; the rest
 * is released with options_deinit(), also after an error.
 * Errors: OPUS_USAGE, OPUS_RESOURCE.
 */
enum opus_code options_parse(int argc, char **argv, struct options *ret,
			     struct opus_error *err) MUST_CHECK;
void options_deinit(struct options *o);

const char *options_verb_name(enum options_verb verb);

/* Print the general help, or that of one verb. */
void options_help(FILE *f);
void options_help_verb(FILE *f, enum options_verb verb);

/* The id of a process or a thread. False if it is none. */
bool options_id(const char *text, pid_t *ret);

/* Non-negative decimal number times `unit`, rounded: "0.5", 1e9 -> 5e8.
 * False if it is none, or too large. */
bool options_duration(const char *text, double unit, uint64_t *ret);

#endif

/*
 * target.h - the processes that a command is about.
 *
 * Included by: injector/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_TARGET_H
#define OPUS_TARGET_H

#include "common/beacon.h"
#include "common/plan.h"
#include "options.h"
#include "proc.h"
#include "watch.h"

struct target {
	pid_t pid;
	pid_t view;          /* see proc.h */
	unsigned int depth;  /* of a search: how many ancestors it has */
	uint64_t start;      /* of a search: when it began, see tree.h */
	int pidfd;           /* of pid, -1 until target_look() */
	bool lived;          /* of --pid: when the list was made */
	struct proc_status status;
	struct beacon beacon;
	uint64_t beacon_at;  /* 0: no beacon was found */
	bool confined;       /* target_has_filter(), by target_check_contact() */
	bool vforked;        /* has its parent's memory until it becomes a program */
	bool used_folder;    /* set by contact_make(): its socket had a path */
};

/* Processes that we may not look at, of a search. */
struct hidden {
	size_t count;
	pid_t first;
};

/* One that a search could not look at since some file of it does not answer. */
struct silent {
	pid_t pid;
	uint64_t start;
	char note[WATCH_NOTE]; /* for watch_silent() */
};

#define HIDDEN_TEXT 128
/* "process 1 (init)", "17 processes, process 1 (init) among them," */
void hidden_describe(const struct hidden *h, char ret[HIDDEN_TEXT]);

struct target_list {
	struct target *targets;
	size_t count;
	struct hidden hidden;
	struct silent *silent; /* new ones of this search */
	size_t silent_count;
	size_t bare;   /* of a `status` of --tree or --unit: without an agent */
};

/*
 * The processes that the options name: with --pid in that order, else parents
 * before children; nothing is known of them yet but the id. With --all, and of
 * --tree and --unit: those that map an object which `plan` changes, or, without
 * a plan, those that have an agent.
 * Those that do not answer are in `silent` the first time, and left out later.
 * Errors: OPUS_NO_TARGET if there is none, OPUS_USAGE, OPUS_RESOURCE, OPUS_CANCELLED.
 */
enum opus_code target_list_init(const struct options *o, const struct plan *plan,
				struct target_list *ret, struct opus_error *err)
	MUST_CHECK;
void target_list_deinit(struct target_list *list);

/*
 * Does /proc show the processes that our system calls mean? In another pid namespace
 * than that of the mount, ids of /proc are those of others: of whom a signal would be
 * the end. Once before anything else.
 * Errors: OPUS_RESOURCE.
 */
enum opus_code target_check_proc(struct opus_error *err) MUST_CHECK;

/* Is an agent mapped? 1 yes, 0 no (or it has ended), -1 it may not be looked at. */
int target_has_agent(pid_t pid);

/*
 * Look at the process and read its beacon. After OPUS_OK an agent is there,
 * but see target_check_contact(). On failure as much of `t` is filled in as
 * could be found out.
 * Errors: OPUS_NO_TARGET, OPUS_NO_AGENT, OPUS_VERSION, OPUS_PERMISSION,
 * OPUS_DIED, OPUS_INTERNAL.
 */
enum opus_code target_look(struct target *t, struct opus_error *err) MUST_CHECK;

/* Did target_look() find nothing, or a zombie? Not so of one that lives and is no
 * target, such as a thread of the kernel. */
bool target_is_gone(const struct target *t);

/* A thread that lives on where the first one, `view`, has ended; 0: none. */
pid_t target_view(pid_t pid, pid_t view);

/* Has any thread a seccomp filter that is not the agent's own? Filters belong to
 * threads, and every thread will run the agent's code. */
bool target_has_filter(const struct target *t);

/* Has this one, a thread of it? */
bool target_is_confined(const struct target *t, const struct proc_status *s);

/* Does a tracer keep it stopped? One such as strace(1) stops a process at every
 * turn and lets it go at once: that is no obstacle, and not meant. */
bool target_is_held(const struct target *t);

/*
 * May the contact signal be sent? An uncaught real-time signal would kill the
 * process, a stopped one would not answer, a confined one might be killed for
 * what its agent does (`force` accepts that).
 * Errors: OPUS_NO_AGENT, OPUS_NO_CONTACT, OPUS_CONFINED, OPUS_DIED.
 */
enum opus_code target_check_contact(struct target *t, bool force,
				    struct opus_error *err) MUST_CHECK;

/*
 * Has it confined itself since its filters were looked at? A session does so soon
 * after its start, and the filter may kill for what is to come. Looks at one
 * thread, which may be signalled then, and at all where the agent has seen a filter
 * come, since an update stops all. Of one that comes in between the agent knows.
 * Errors: OPUS_CONFINED, OPUS_PERMISSION.
 */
enum opus_code target_check_filter(struct target *t, pid_t tid,
				   struct opus_error *err) MUST_CHECK;

/*
 * Is this thread's memory still the one that the beacon was read from, with a
 * handler behind it? Not so after an exec, which takes handlers away and leaves
 * the ids: the signal that was meant for the old program would kill the new one.
 * Also true where it cannot be found out.
 */
bool target_is_unchanged(const struct target *t, pid_t tid);

/*
 * The process broke off the conversation: why? Always an error: OPUS_DIED if
 * it has ended or become another program, else OPUS_INTERNAL. `doing` says
 * what we were at.
 */
enum opus_code target_lost(const struct target *t, const char *doing,
			   struct opus_error *err) MUST_CHECK;

/* Close what target_look() has opened: nothing else is left of it but text. */
void target_close(struct target *t);

/* Does the process run code of an object with one of the plan's build-ids?
 * 1 yes, 0 no (or it has ended), -1 it may not be looked at. May take for ever, see
 * watch.h. */
int target_maps_plan(pid_t pid, const struct plan *plan);

/* How often has it loaded such an object? More than once by dlmopen(3): an
 * agent sees the copy in its own namespace. 0 if that cannot be found out. May take
 * for ever. */
unsigned int target_copies(pid_t pid, const struct plan *plan);

/* The two, and an error instead of that: OPUS_SILENT, OPUS_CANCELLED. */
enum opus_code target_plan_watched(pid_t pid, const struct plan *plan, int *ret_maps,
				   struct opus_error *err) MUST_CHECK;
enum opus_code target_copies_watched(pid_t pid, const struct plan *plan,
				     unsigned int *ret_copies,
				     struct opus_error *err) MUST_CHECK;

/* The two remember which objects are concerned, for the next process; no more. */
void target_plan_forget(void);

#endif

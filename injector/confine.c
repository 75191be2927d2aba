/*
 * confine.c - read seccomp filters by ptrace and hold the agent against them.
 *
 * Called by:  target.c, inject.c, unmask.c.
 * Runs on:    command; the stops in a child of it.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include "confine.h"

#include <errno.h>
#include <linux/audit.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include "child.h"
#include "common/bpf.h"
#include "common/calls.h"
#include "common/cleanup.h"
#include "jail.h"
#include "rank.h"
#include "remote.h"

#define FILTERS_MAX 64 /* of one thread */
#define CODE_MAX (1u << 18)

static const struct call {
	const char *name;
	enum call_need need;
	struct seccomp_data data;
} calls[] = {
#define C(name, need, a, b, c, d)                                              \
	{#name, need,                                                          \
	 {.nr = SYS_##name, .arch = AUDIT_ARCH_X86_64,                         \
	  .instruction_pointer = CALL_POINTER, .args = {a, b, c, d}}},
	CALLS(C)
}, calls_without_proc[] = {
	CALLS_WITHOUT_PROC(C)
};
#undef C

/* What the kernel makes of an interrupted wait with a time limit. */
static const struct seccomp_data restart = {.nr = SYS_restart_syscall,
					    .arch = AUDIT_ARCH_X86_64};

/* The filters of one thread. */
struct filters {
	struct sock_filter *code; /* of all, CODE_MAX instructions of room */
	size_t lengths[FILTERS_MAX];
	size_t count;
	size_t used;
};

static uint32_t ask_all(const struct sock_filter *code, const size_t *lengths,
			size_t count, const struct seccomp_data *data)
{
	uint32_t answer = SECCOMP_RET_ALLOW;

	for (size_t i = 0; i < count; code += lengths[i++])
		answer = bpf_graver(answer, bpf_run(code, lengths[i], data));
	return answer;
}

/* What the answer does to the caller; NULL: no harm. */
static const char *harm_of(uint32_t answer, enum call_need need)
{
	switch (answer & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
	case SECCOMP_RET_LOG: return NULL;
	case SECCOMP_RET_ERRNO: return need == CALL_MUST ? "refuses" : NULL;
	case SECCOMP_RET_TRAP: return "sends SIGSYS for";
	case SECCOMP_RET_TRACE:
	case SECCOMP_RET_USER_NOTIF: return "lets a supervisor decide on";
	default: return "kills for";
	}
}

static enum opus_code list_ask(const struct filters *f, const struct call *list,
			       size_t count, const char *where,
			       struct opus_error *err)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t answer = ask_all(f->code, f->lengths, f->count,
					  &list[i].data);
		const char *harm = harm_of(answer, list[i].need);

		if (harm)
			return error_set(err, OPUS_CONFINED,
				"its seccomp filter %s %s, a system call that the "
				"agent needs%s; nothing was touched", harm,
				list[i].name, where);
	}
	return OPUS_OK;
}

static enum opus_code filters_ask(const struct filters *f, bool without_proc,
				  struct opus_error *err)
{
	enum opus_code code = list_ask(f, calls, sizeof(calls) / sizeof(*calls),
				       "", err);

	if (code == OPUS_OK && without_proc)
		code = list_ask(f, calls_without_proc,
				sizeof(calls_without_proc) /
					sizeof(*calls_without_proc),
				" where there is no /proc", err);
	return code;
}

/* The thread is stopped. */
static enum opus_code filters_read(pid_t tid, struct filters *f,
				   struct opus_error *err)
{
	long length;

	f->count = f->used = 0;
	for (;; f->count++) {
		length = ptrace(PTRACE_SECCOMP_GET_FILTER, tid,
				(void *)f->count, NULL);
		if (length < 0 && errno == ENOENT)
			return OPUS_OK;
		if (length < 0)
			return error_set_errno(err, OPUS_CONFINED,
				"thread %d has a seccomp filter, which cannot be "
				"read (that takes CAP_SYS_ADMIN, a tool that is not "
				"confined itself, and a kernel with "
				"CONFIG_CHECKPOINT_RESTORE); --force-confined "
				"contacts it all the same, and may kill it",
				(int)tid);
		if (f->count == FILTERS_MAX || f->used + (size_t)length > CODE_MAX)
			return error_set(err, OPUS_CONFINED,
				"thread %d has more seccomp filters than can be "
				"looked at", (int)tid);
		if (ptrace(PTRACE_SECCOMP_GET_FILTER, tid, (void *)f->count,
			   f->code + f->used) != length)
			return error_set(err, OPUS_DIED, "thread %d has ended",
					 (int)tid);
		f->lengths[f->count] = (size_t)length;
		f->used += (size_t)length;
	}
}

/* The thread is stopped. */
static enum opus_code stopped_check(struct remote *r, struct filters *f,
				    bool without_proc, struct opus_error *err)
{
	enum opus_code code = filters_read(r->tid, f, err);

	if (code != OPUS_OK)
		return code;
	if ((ask_all(f->code, f->lengths, f->count, &restart) &
	     SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ALLOW)
		r->confined = false;
	return filters_ask(f, without_proc, err);
}

enum opus_code confine_check_stopped(struct remote *r, struct opus_error *err)
{
	CLEANUP(cleanup_free) struct sock_filter *code =
		malloc(CODE_MAX * sizeof(*code));
	struct filters f = {.code = code};

	return code ? stopped_check(r, &f, false, err)
		    : error_set(err, OPUS_RESOURCE, "no memory");
}

static enum opus_code thread_check(const struct target *t, pid_t tid,
				   bool without_proc, struct filters *f,
				   struct opus_error *err)
{
	static struct remote r;
	struct opus_error why;
	enum opus_code code = remote_attach(&r, t->pid, tid, NULL, &why);

	if (code == OPUS_PERMISSION || code == OPUS_NO_CONTACT)
		return error_set(err, OPUS_CONFINED,
			"a seccomp filter is on, which cannot be read: %.300s",
			why.text);
	if (code == OPUS_OK)
		code = stopped_check(&r, f, without_proc, &why);
	remote_detach(&r);
	if (code != OPUS_OK)
		*err = why;
	return code;
}

/* A thread, while those of the process are gone through. */
struct member {
	pid_t tid;
	int filters;
	bool done;
};

/* A thread inherits filters, and can only add to them. So where the agent, there
 * from the start, has seen none come, as many are the same ones. */
static bool filters_inherited(const struct target *t)
{
	return t->beacon_at && !(t->beacon.flags & BEACON_INJECTED) &&
	       t->beacon.filters_begun == 0;
}

/* Those that have filters. Less than 0: no memory, or strict mode. */
static ssize_t members_read(const struct target *t, struct member **ret,
			    struct opus_error *err)
{
	CLEANUP(cleanup_free) pid_t *tids = NULL;
	ssize_t count = proc_threads(t->pid, &tids), used = 0;
	struct proc_status s;

	*ret = malloc((size_t)(count > 0 ? count : 1) * sizeof(**ret));
	if (!*ret)
		return error_set(err, OPUS_RESOURCE, "no memory"), -1;
	for (ssize_t i = 0; i < count; i++) {
		if (!proc_status_read(t->pid, tids[i], &s) || !s.seccomp)
			continue;
		if (s.seccomp == 1)
			return error_set(err, OPUS_CONFINED,
				"thread %d is in seccomp's strict mode, which kills "
				"for nearly every system call", (int)tids[i]), -1;
		(*ret)[used++] = (struct member){tids[i], s.filters, false};
	}
	return used;
}

/* Of those with as many filters as `first` the one that a stop disturbs least. */
static struct member *member_choose(const struct target *t, struct member *first,
				    const struct member *end)
{
	unsigned char least = RANK_UNFIT, rank;
	struct member *best = first;

	for (struct member *m = first; m < end && least > 0; m++) {
		if (m->done || m->filters != first->filters)
			continue;
		rank = rank_thread(t, m->tid);
		if (rank < least) {
			least = rank;
			best = m;
		}
	}
	return best;
}

static void members_done(struct member *all, ssize_t count, int filters)
{
	for (ssize_t i = 0; i < count; i++)
		all[i].done |= all[i].filters == filters;
}

static enum opus_code members_check(const struct target *t, struct member *all,
				    ssize_t count, struct filters *f,
				    struct opus_error *err)
{
	bool inherited = filters_inherited(t), without_proc = jail_is(t->view);

	for (ssize_t i = 0; i < count; i++) {
		while (!all[i].done) {
			bool some = inherited && all[i].filters > 0;
			struct member *m =
				some ? member_choose(t, all + i, all + count)
				     : all + i;
			enum opus_code code =
				thread_check(t, m->tid, without_proc, f, err);

			m->done = true;
			if (code != OPUS_OK && code != OPUS_DIED)
				return code;
			if (code == OPUS_OK && some)
				members_done(all, count, m->filters);
		}
	}
	return OPUS_OK;
}

enum opus_code confine_check_here(const struct target *t, struct opus_error *err)
{
	CLEANUP(cleanup_free) struct member *all = NULL;
	ssize_t count = members_read(t, &all, err);
	struct filters f = {0};
	enum opus_code code;

	if (count <= 0)
		return count < 0 ? err->code : OPUS_OK;
	f.code = malloc(CODE_MAX * sizeof(*f.code));
	code = f.code ? members_check(t, all, count, &f, err)
		      : error_set(err, OPUS_RESOURCE, "no memory");
	free(f.code);
	return code;
}

static enum opus_code work(void *data, struct opus_error *err)
{
	return confine_check_here(*(const struct target **)data, err);
}

enum opus_code confine_check(const struct target *t, struct opus_error *err)
{
	return child_run(work, &t, NULL, 0, err);
}

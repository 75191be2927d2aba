/*
 * target_list.c - find the processes that a command is about.
 *
 * Called by:  run.c, inject.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * Searching all processes reads the mappings of each, and may read its files, so it
 * is watched.
 */
#include "target.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "beacon_read.h"
#include "common/cleanup.h"
#include "exe.h"
#include "tree.h"

int target_has_agent(pid_t pid)
{
	pid_t view;
	CLEANUP(cleanup_free) char *maps = proc_maps_read_any(pid, &view);

	if (!maps)
		return errno == EACCES || errno == EPERM ? -1 : 0;
	return beacon_maps_have_agent(maps);
}

static enum opus_code list_add(struct target_list *list, pid_t pid,
			       struct opus_error *err)
{
	struct target *more = realloc(list->targets, (list->count + 1) *
							     sizeof(*more));

	if (!more)
		return error_set(err, OPUS_RESOURCE, "no memory");
	list->targets = more;
	memset(&more[list->count], 0, sizeof(*more));
	more[list->count].pid = more[list->count].view = pid;
	more[list->count].pidfd = -1;
	list->count++;
	return OPUS_OK;
}

void hidden_describe(const struct hidden *h, char ret[HIDDEN_TEXT])
{
	struct proc_status s;
	char name[sizeof(s.name) + 3] = "";

	if (proc_status_read(h->first, h->first, &s))
		snprintf(name, sizeof(name), " (%s)", s.name);
	if (h->count == 1)
		snprintf(ret, HIDDEN_TEXT, "process %d%s", (int)h->first, name);
	else
		snprintf(ret, HIDDEN_TEXT, "%zu processes, process %d%s among them,",
			 h->count, (int)h->first, name);
}

/* Why a search found nothing. */
static enum opus_code list_empty(const struct options *o, const struct plan *plan,
				 const struct hidden *hidden, struct opus_error *err)
{
	char more[HIDDEN_TEXT + 32] = "", where[256] = "", who[HIDDEN_TEXT];

	if (hidden->count) {
		hidden_describe(hidden, who);
		snprintf(more, sizeof(more), " (%s could not be looked at)", who);
	}
	if (o->exe)
		return error_set(err, OPUS_NO_TARGET,
				 "no process runs %.300s%s", o->exe, more);
	if (o->tree)
		snprintf(where, sizeof(where), " below process %d", (int)o->tree);
	if (o->unit)
		snprintf(where, sizeof(where), " of unit %.200s", o->unit);
	if (plan)
		return error_set(err, OPUS_NO_TARGET,
				 "no process%s has an object loaded that this "
				 "patch changes%s", where, more);
	return error_set(err, OPUS_NO_AGENT, "no process%s has an agent%s", where,
			 more);
}

/* What --exe, --tree, --unit and --all look for. */
struct search {
	const struct options *o;
	const struct plan *plan;
	struct exe exe; /* of --exe */
	struct tree tree;
	pid_t self;
};

/* They would be as silent in the next round. */
static struct {
	struct tree_node *items;
	size_t count;
} silent_known;

static bool silent_find(const struct tree_node *n)
{
	for (size_t i = 0; i < silent_known.count; i++)
		if (silent_known.items[i].pid == n->pid &&
		    silent_known.items[i].start == n->start)
			return true;
	return false;
}

static bool is_within(const struct search *s, pid_t pid)
{
	const struct options *o = s->o;

	return (!o->tree || tree_is_below(&s->tree, pid, o->tree)) &&
	       (!o->unit || tree_in_unit(pid, o->unit));
}

/* Is it one of a service that could have an agent, too? Not if it has ended. */
static bool is_bare(const struct search *s, pid_t pid)
{
	const struct options *o = s->o;
	pid_t view;

	if (o->verb != VERB_STATUS || !(o->tree || o->unit) || !is_within(s, pid))
		return false;
	CLEANUP(cleanup_free) char *maps = proc_maps_read_any(pid, &view);

	return maps && *maps && !beacon_maps_have_agent(maps);
}

/* 1 yes, 0 no, -1 it may not be looked at. */
static int search_match(const struct search *s, pid_t pid)
{
	const struct options *o = s->o;

	if (o->exe)
		return exe_runs(&s->exe, pid);
	/* A unit may hold helpers that are not concerned. */
	if (!is_within(s, pid))
		return 0;
	return s->plan ? target_maps_plan(pid, s->plan) : target_has_agent(pid);
}

/* What is known of a process after one look at it. */
struct looked {
	int match; /* as of search_match() */
	bool bare;
};

static void process_look(void *data, size_t i, void *ret)
{
	const struct search *s = data;
	pid_t pid = s->tree.nodes[i].pid;
	struct looked *looked = ret;

	if (pid == s->self || silent_find(&s->tree.nodes[i]))
		return;
	looked->match = search_match(s, pid);
	looked->bare = looked->match == 0 && is_bare(s, pid);
}

static enum opus_code silent_add(struct target_list *list, const struct tree_node *n,
				 const char *note, struct opus_error *err)
{
	struct silent *more = realloc(list->silent, (list->silent_count + 1) *
							    sizeof(*more));
	struct tree_node *known = realloc(silent_known.items, (silent_known.count + 1) *
								      sizeof(*known));

	if (more)
		list->silent = more;
	if (known)
		silent_known.items = known;
	if (!more || !known)
		return error_set(err, OPUS_RESOURCE, "no memory");
	known[silent_known.count++] = *n;
	more[list->silent_count] = (struct silent){.pid = n->pid, .start = n->start};
	memcpy(more[list->silent_count++].note, note, WATCH_NOTE);
	return OPUS_OK;
}

static void hidden_add(struct hidden *h, pid_t pid)
{
	if (h->count++ == 0)
		h->first = pid;
}

static int depth_compare(const void *a, const void *b)
{
	const struct target *x = a, *y = b;

	if (x->depth != y->depth)
		return x->depth < y->depth ? -1 : 1;
	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

/* Parents first: what a patched process forks comes out patched. */
static void list_order(struct target_list *list, const struct tree *tree)
{
	for (size_t i = 0; i < list->count; i++) {
		struct target *t = &list->targets[i];
		const struct tree_node *n = tree_find(tree, t->pid);

		t->depth = tree_depth(tree, t->pid);
		t->start = n ? n->start : 0;
	}
	if (list->count)
		qsort(list->targets, list->count, sizeof(*list->targets),
		      depth_compare);
}

static enum opus_code list_search(const struct options *o,
				  const struct plan *plan,
				  struct target_list *ret, struct opus_error *err)
{
	struct search s = {.o = o, .plan = plan, .self = getpid()};
	enum opus_code code = OPUS_OK;
	struct watch w;

	if (!tree_init(&s.tree))
		return error_set_errno(err, OPUS_RESOURCE, "cannot read /proc");
	if (o->exe)
		exe_init(&s.exe, o->exe);
	if (!watch_init(&w, process_look, &s, s.tree.count, sizeof(struct looked)))
		code = error_set(err, OPUS_RESOURCE, "no memory");
	for (size_t i = 0; code == OPUS_OK && i < s.tree.count; i++) {
		const struct looked *looked = watch_result(&w, i);
		pid_t pid = s.tree.nodes[i].pid;

		if (w.silent[i])
			code = silent_add(ret, &s.tree.nodes[i], w.notes[i], err);
		else if (looked->match > 0)
			code = list_add(ret, pid, err);
		else if (looked->match < 0)
			hidden_add(&ret->hidden, pid);
		ret->bare += looked->bare;
	}
	/* With hidepid=2 /proc does not show those of other users, as all of them. */
	if (!tree_find(&s.tree, 1) && !o->exe && !o->tree && !o->unit &&
	    kill(1, 0) != 0 && errno == EPERM)
		hidden_add(&ret->hidden, 1);
	if (code == OPUS_OK && w.interrupted)
		code = error_set(err, OPUS_CANCELLED,
				 "interrupted while processes were looked for");
	watch_deinit(&w);
	list_order(ret, &s.tree);
	if (code == OPUS_OK && o->tree && !tree_find(&s.tree, o->tree))
		code = error_set(err, OPUS_NO_TARGET, "there is no process %d",
				 (int)o->tree);
	else if (code == OPUS_OK && ret->count == 0)
		code = list_empty(o, plan, &ret->hidden, err);
	exe_deinit(&s.exe);
	tree_deinit(&s.tree);
	return code;
}

enum opus_code target_list_init(const struct options *o, const struct plan *plan,
				struct target_list *ret, struct opus_error *err)
{
	enum opus_code code = OPUS_OK;

	memset(ret, 0, sizeof(*ret));
	if (o->pid_count == 0)
		return list_search(o, plan, ret, err);
	for (size_t i = 0; code == OPUS_OK && i < o->pid_count; i++) {
		code = list_add(ret, o->pids[i], err);
		if (code == OPUS_OK)
			ret->targets[i].lived = kill(o->pids[i], 0) == 0 ||
						errno == EPERM;
	}
	return code;
}

void target_list_deinit(struct target_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		target_close(&list->targets[i]);
	free(list->targets);
	free(list->silent);
	target_plan_forget();
	memset(list, 0, sizeof(*list));
}

/*
 * verb_scan.c - every process of the machine: can it be patched?
 *
 * Called by:  send_main.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "exe.h"
#include "json.h"
#include "run.h"
#include "scan.h"
#include "tree.h"

static void scan_json_add(struct json_object *array, const struct target *t,
			  const struct scan *s)
{
	struct json_object *row = json_object_new_object();

	json_object_object_add(row, "pid", json_object_new_int(t->pid));
	json_object_object_add(row, "command", json_text(t->status.name));
	json_object_object_add(row, "exe", json_text(s->exe));
	json_object_object_add(row, "kind", json_text(scan_json(s->kind)));
	json_object_object_add(row, "text", json_text(scan_text(s->kind)));
	json_object_object_add(row, "upgraded",
			       s->upgraded ? json_text(s->upgraded_path) : NULL);
	json_object_array_add(array, row);
}

static void scan_print(const struct target *t, const struct scan *s)
{
	printf("%7d  %-9s  %s: %s", t->pid, scan_json(s->kind),
	       output_clean(t->status.name), scan_text(s->kind));
	if (s->kind == SCAN_OFF)
		printf(": %s", output_clean(t->beacon.off_reason));
	if (s->kind == SCAN_READY && t->beacon.patches)
		printf("; has %s", output_count(t->beacon.patches, "patch"));
	printf("\n");
	if (s->upgraded)
		printf("%7s  %-9s  still runs the old %s: it was replaced on the disk\n",
		       "", "", output_clean(s->upgraded_path));
}

/* What the options mean. */
struct meant {
	const struct options *o;
	struct exe exe; /* of --exe */
	struct tree tree;
	pid_t self;
};

static bool is_meant(const struct meant *m, pid_t pid)
{
	const struct options *o = m->o;

	for (size_t i = 0; i < o->pid_count; i++)
		if (o->pids[i] == pid)
			return true;
	if (o->exe)
		return exe_runs(&m->exe, pid) > 0;
	if (o->tree)
		return tree_is_below(&m->tree, pid, o->tree);
	return o->unit ? tree_in_unit(pid, o->unit) : o->pid_count == 0;
}

/* What came of a look at one. */
struct seen {
	bool meant, known;
	struct target t;
	struct scan s;
};

static void process_look(void *data, size_t i, void *ret)
{
	const struct meant *m = data;
	struct seen *seen = ret;
	struct target *t = &seen->t;

	*t = (struct target){.pid = m->tree.nodes[i].pid, .pidfd = -1};
	t->view = t->pid;
	seen->meant = t->pid != m->self && is_meant(m, t->pid);
	seen->known = seen->meant && scan_look(t, &seen->s);
	target_close(t);
}

/* It is named as what may not be looked at is, with the reason. */
static bool silent_look(const struct tree_node *n, struct seen *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->t.pid = ret->t.view = n->pid;
	ret->s.kind = SCAN_SILENT;
	scan_exe_read(&ret->t, &ret->s);
	return proc_status_read(n->pid, n->pid, &ret->t.status) &&
	       ret->t.status.memory;
}

static size_t seen_tell(const struct meant *m, struct output *out,
			const struct watch *w)
{
	size_t count = 0;

	for (size_t i = 0; i < w->count; i++) {
		struct seen silent;
		const struct seen *seen = watch_result(w, i);

		if (w->silent[i] && silent_look(&m->tree.nodes[i], &silent)) {
			silent.meant = silent.known = true;
			seen = &silent;
		}
		count += seen->meant;
		if (seen->known && out->root)
			scan_json_add(out->targets, &seen->t, &seen->s);
		else if (seen->known)
			scan_print(&seen->t, &seen->s);
	}
	return count;
}

/* Nobody is meant by what was given. */
static enum opus_code nobody(const struct options *o, struct opus_error *err)
{
	if (o->exe)
		return error_set(err, OPUS_NO_TARGET, "no process runs %.300s", o->exe);
	if (o->unit)
		return error_set(err, OPUS_NO_TARGET, "no process of unit %.200s", o->unit);
	return error_set(err, OPUS_NO_TARGET, "there is no process %d",
			 (int)(o->tree ? o->tree : o->pids[0]));
}

enum opus_code verb_scan(const struct options *o, struct output *out)
{
	struct meant m = {.o = o, .self = getpid()};
	struct opus_error err = {0};
	enum opus_code code;
	size_t count = 0;
	struct watch w;

	if (o->exe)
		exe_init(&m.exe, o->exe);
	code = target_check_proc(&err);
	if (code == OPUS_OK && !tree_init(&m.tree))
		code = error_set_errno(&err, OPUS_RESOURCE, "cannot read /proc");
	if (code == OPUS_OK &&
	    !watch_init(&w, process_look, &m, m.tree.count, sizeof(struct seen)))
		code = error_set(&err, OPUS_RESOURCE, "no memory");
	if (code == OPUS_OK) {
		count = seen_tell(&m, out, &w);
		watch_deinit(&w);
	}
	if (code == OPUS_OK && count == 0)
		code = nobody(o, &err);
	output_end(out, code, code != OPUS_OK ? &err : NULL, NULL);
	exe_deinit(&m.exe);
	tree_deinit(&m.tree);
	return code;
}

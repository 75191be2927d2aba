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
	struct meant m = {.o = o};
	struct opus_error err = {0};
	enum opus_code code = OPUS_OK;
	size_t count = 0;

	if (o->exe)
		exe_init(&m.exe, o->exe);
	if (!tree_init(&m.tree))
		code = error_set_errno(&err, OPUS_RESOURCE, "cannot read /proc");
	for (size_t i = 0; code == OPUS_OK && i < m.tree.count; i++) {
		struct target t = {.pid = m.tree.nodes[i].pid, .pidfd = -1};
		struct scan s;

		t.view = t.pid;
		if (t.pid == getpid() || !is_meant(&m, t.pid))
			continue;
		count++;
		if (scan_look(&t, &s) && out->root)
			scan_json_add(out->targets, &t, &s);
		else if (t.status.memory && !out->root)
			scan_print(&t, &s);
		target_close(&t);
	}
	if (code == OPUS_OK && count == 0)
		code = nobody(o, &err);
	output_end(out, code, code != OPUS_OK ? &err : NULL, NULL);
	exe_deinit(&m.exe);
	tree_deinit(&m.tree);
	return code;
}

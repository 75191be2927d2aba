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

static bool is_wanted(const struct options *o, const struct tree *tree, pid_t pid)
{
	if (o->tree)
		return tree_is_below(tree, pid, o->tree);
	return !o->unit || tree_in_unit(pid, o->unit);
}

enum opus_code verb_scan(const struct options *o, struct output *out)
{
	struct opus_error err = {0};
	enum opus_code code = OPUS_OK;
	struct tree tree;

	if (!tree_init(&tree))
		code = error_set_errno(&err, OPUS_RESOURCE, "cannot read /proc");
	for (size_t i = 0; code == OPUS_OK && i < tree.count; i++) {
		struct target t = {.pid = tree.nodes[i].pid, .pidfd = -1};
		struct scan s;

		t.view = t.pid;
		if (t.pid == getpid() || !is_wanted(o, &tree, t.pid))
			continue;
		if (scan_look(&t, &s) && out->root)
			scan_json_add(out->targets, &t, &s);
		else if (t.status.memory && !out->root)
			scan_print(&t, &s);
		if (t.pidfd >= 0)
			close(t.pidfd);
	}
	output_end(out, code, code != OPUS_OK ? &err : NULL, 0);
	tree_deinit(&tree);
	return code;
}

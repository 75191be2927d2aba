/*
 * verb_store.c - the store of patches that stay, for people and programs.
 *
 * Called by:  send_main.c.
 * Runs on:    command.
 * Locks:      those of store.h.
 * Signal:     unsafe: heap.
 */
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "run.h"
#include "store.h"

static const char *fit_text(const struct store_entry *e)
{
	switch (e->fit) {
	case STORE_FITS: return "fits";
	case STORE_CHANGED: return "no longer applies: another build is there now";
	case STORE_GONE: return "no longer applies: the file is gone";
	default: return "where it is, is not known";
	}
}

static const char *fit_json(enum store_fit fit)
{
	static const char *const names[] = {"fits", "changed", "gone", "unknown"};

	return names[fit];
}

static const char *state_json(const struct store_entry *e)
{
	return !e->readable ? "damaged" : !e->enabled ? "disabled"
	       : e->aside[0] ? "aside" : "enabled";
}

static void entry_json(struct json_object *array, const struct store_entry *e)
{
	struct json_object *row = json_object_new_object();

	json_object_object_add(row, "number", json_object_new_int((int)e->number));
	json_object_object_add(row, "name", json_text(e->name));
	json_object_object_add(row, "state", json_text(state_json(e)));
	json_object_object_add(row, "labels", json_text(e->labels));
	json_object_object_add(row, "object", json_text(e->object));
	json_object_object_add(row, "path", e->path[0] ? json_text(e->path) : NULL);
	json_object_object_add(row, "build_id", json_text(e->folder));
	json_object_object_add(row, "fit", json_text(fit_json(e->fit)));
	json_object_object_add(row, "aside", e->aside[0] ? json_text(e->aside) : NULL);
	json_object_array_add(array, row);
}

static void entry_print(const struct store_entry *e)
{
	printf("%-8s  %s%s%s  %s: %s\n", state_json(e), output_clean(e->name),
	       e->labels[0] ? "  " : "", output_clean(e->labels),
	       output_clean(e->path[0] ? e->path : e->object[0] ? e->object
								: e->folder),
	       e->readable ? fit_text(e) : "the file is damaged and is not applied");
	if (e->aside[0])
		printf("  set aside: %s; `opus-send store enable %s` tries again\n",
		       output_clean(e->aside), output_clean(e->name));
}

static enum opus_code store_show(struct store *s, struct output *out,
				 struct opus_error *err)
{
	struct store_list list;
	const char *off = s->fd >= 0 ? store_switched_off(s->fd) : NULL;
	enum opus_code code = store_read(s, &list, err);
	struct json_object *array = out->root ? json_object_new_array() : NULL;

	if (out->root) {
		json_object_object_add(out->root, "off", off ? json_text(off) : NULL);
		json_object_object_add(out->root, "store", array);
	} else if (off) {
		printf("switched off by %s: nothing is applied at start\n", off);
	}
	for (size_t i = 0; i < list.count; i++) {
		if (array)
			entry_json(array, &list.entries[i]);
		else
			entry_print(&list.entries[i]);
	}
	if (!array && list.count == 0)
		printf("the store %s is empty\n", store_folder());
	store_list_deinit(&list);
	return code;
}

static void say(struct output *out, const char *name, const char *what)
{
	if (!out->root)
		printf("store: %s%s%s %s\n", output_bold(out->colour),
		       output_clean(name), output_plain(out->colour), what);
}

static void say_added(struct output *out, enum opus_code code,
		      const struct store_entry *e)
{
	if (out->root) {
		struct json_object *array = json_object_new_array();

		entry_json(array, e);
		json_object_object_add(out->root, "store", array);
		return;
	}
	say(out, e->name, code == OPUS_ALREADY ? "is in it already, and enabled"
					       : "will be applied at every start");
	if (!e->path[0])
		printf("  no file with this build-id was found; --exe tells where it is\n");
}

enum opus_code verb_store_add(const struct patch_file *f, const char *path,
			      struct output *out, struct opus_error *err)
{
	struct store_entry e = {0};
	struct store s;
	enum opus_code code = store_init(&s, true, err);

	if (code == OPUS_OK)
		code = store_add(&s, f, path, &e, err);
	if (code_status(code) == 0)
		say_added(out, code, &e);
	store_deinit(&s);
	return code;
}

enum opus_code verb_store_change(const char *action, const char *name,
				 struct output *out, struct opus_error *err)
{
	struct store s;
	size_t count;
	enum opus_code code = store_init(&s, true, err);
	bool on = strcmp(action, "enable") == 0;

	if (code != OPUS_OK) {
		store_deinit(&s);
		return code;
	}
	if (strcmp(action, "remove") == 0)
		code = store_remove(&s, name, &count, err);
	else
		code = store_enable(&s, name, on, &count, err);
	if (code == OPUS_OK)
		say(out, name, strcmp(action, "remove") == 0 ? "was removed"
			       : on ? "will be applied at every start"
				    : "stays, and is not applied");
	store_deinit(&s);
	return code;
}

static enum opus_code store_do(const struct options *o, struct output *out,
			       struct opus_error *err)
{
	struct patch_file f = {.fd = -1};
	struct store s;
	enum opus_code code;

	if (strcmp(o->operand, "list") == 0) {
		code = store_init(&s, false, err);
		if (code == OPUS_OK)
			code = store_show(&s, out, err);
		store_deinit(&s);
		return code;
	}
	if (strcmp(o->operand, "add") != 0)
		return verb_store_change(o->operand, o->second, out, err);
	code = patch_file_init(&f, o->second, err);
	if (code == OPUS_OK)
		code = verb_store_add(&f, o->exe, out, err);
	patch_file_deinit(&f);
	return code;
}

enum opus_code verb_store(const struct options *o, struct output *out)
{
	struct opus_error err = {0};
	enum opus_code code = store_do(o, out, &err);

	output_end(out, code, code_status(code) ? &err : NULL, NULL);
	return code;
}

/*
 * report.c - what opus-build has to say about a change.
 *
 * Called by:  all passes.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include "report.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "sarif.h"

static const struct topic {
	const char *id;
	bool refuses;
} topics[] = {
#define T(NAME, refuses, id, text) {id, refuses},
	REPORT_TOPICS(T)
#undef T
};

static bool is_said(const struct reports *all, const struct report *r)
{
	for (size_t i = 0; i < all->count; i++) {
		const struct report *o = &all->report[i];

		if (o->topic == r->topic && strcmp(o->place.file, r->place.file) == 0 &&
		    strcmp(o->place.line, r->place.line) == 0 &&
		    strcmp(o->subject, r->subject) == 0 &&
		    strcmp(o->text, r->text) == 0)
			return true;
	}
	return false;
}

bool report_has(const struct reports *all, enum report_topic topic, const char *subject)
{
	for (size_t i = 0; i < all->count; i++)
		if (all->report[i].topic == topic &&
		    strcmp(all->report[i].subject, subject) == 0)
			return true;
	return false;
}

void build_tell(struct build *b, enum report_topic topic,
		const struct note_place *place, const char *subject,
		const char *todo, const char *format, ...)
{
	struct reports *all = &b->reports;
	struct report *grown, r = {.topic = topic, .todo = todo};
	bool refuses = topics[topic].refuses;
	va_list args;

	va_start(args, format);
	r.text = build_vtext(b, format, args);
	va_end(args);
	r.subject = build_text(b, "%s", subject);
	r.place.file = build_text(b, "%s", place ? place->file
				  : b->options->diff ? b->options->diff
						     : b->options->source[0]);
	r.place.line = place ? build_text(b, "%s", place->line) : "";
	if (is_said(all, &r))
		return;
	all->refused += refuses;
	all->warned += !refuses;
	grown = build_grow(all->report, all->count, sizeof(*grown));
	if (grown) {
		all->report = grown;
		grown[all->count++] = r;
	}
	build_progress(b, NULL, 0, 0);
	fprintf(stderr, "%s%s%s: %s: %s: %s [%s]\n%s%s%s", r.place.file,
		place ? ":" : "", r.place.line, refuses ? "refused" : "warning",
		r.subject, r.text, topics[topic].id, todo ? "  what to do: " : "",
		todo ? todo : "", todo ? "\n" : "");
}

void build_remark(struct build *b, const struct note_place *place,
		  const char *subject, const char *format, ...)
{
	va_list args;

	build_progress(b, NULL, 0, 0);
	fprintf(stderr, "%s:%s: note: %s: ", place->file, place->line, subject);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

static void text_add(struct json_object *to, const char *key, const char *text)
{
	json_object_object_add(to, key, json_object_new_string(text ? text : ""));
}

static struct json_object *reports_json(const struct build *b, bool refusals)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < b->reports.count; i++) {
		const struct report *r = &b->reports.report[i];
		struct json_object *o;

		if (topics[r->topic].refuses != refusals)
			continue;
		o = json_object_new_object();
		text_add(o, "file", r->place.file);
		json_object_object_add(o, "line", json_object_new_int(atoi(r->place.line)));
		text_add(o, "subject", r->subject);
		text_add(o, "id", topics[r->topic].id);
		text_add(o, "text", r->text);
		text_add(o, "advice", r->todo);
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *patch_json(const struct build *b)
{
	struct json_object *patch = json_object_new_object();
	struct json_object *functions = json_object_new_array();

	text_add(patch, "file", b->options->output);
	text_add(patch, "name", b->name);
	json_object_object_add(patch, "size", json_object_new_int64((int64_t)b->image_size));
	for (size_t i = 0; i < b->replaces; i++) {
		const struct replace *r = &b->replace[i];
		struct json_object *o = json_object_new_object();

		text_add(o, "name", r->name);
		text_add(o, "target", b->target[r->target]->path);
		text_add(o, "file", r->place.file);
		json_object_object_add(o, "line", json_object_new_int(atoi(r->place.line)));
		json_object_array_add(functions, o);
	}
	json_object_object_add(patch, "functions", functions);
	return patch;
}

static struct json_object *object_make(const struct build *b, int status,
				       const char *error)
{
	static const char *const results[] = {
		[BUILD_DONE] = "built", [BUILD_ERROR] = "error",
		[BUILD_REFUSED] = "refused", [BUILD_NOTHING] = "nothing"};
	struct json_object *o = json_object_new_object();

	text_add(o, "result", results[status]);
	if (*error)
		text_add(o, "error", error);
	json_object_object_add(o, "patches", json_object_new_array());
	json_object_object_add(o, "warnings", reports_json(b, false));
	json_object_object_add(o, "refusals", reports_json(b, true));
	return o;
}

static void object_print(struct build *b, int status, struct json_object *o)
{
	if (b->options->sarif)
		sarif_print(b, status, o);
	if (!b->options->json)
		return;
	dprintf(b->options->json_to, "%s\n",
		json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY |
							  JSON_C_TO_STRING_NOSLASHESCAPE));
}

void report_print(struct build *b, int status, const char *error)
{
	struct json_object *o, *patches;

	if (!b->options->json && !b->options->sarif)
		return;
	o = object_make(b, status, error);
	json_object_object_get_ex(o, "patches", &patches);
	if (status == BUILD_DONE)
		json_object_array_add(patches, patch_json(b));
	if (b->json)
		json_object_to_file_ext(b->json, o, JSON_C_TO_STRING_PLAIN);
	else
		object_print(b, status, o);
	json_object_put(o);
}

/* Add the elements behind the first `skip` of a list to ours. */
static void list_append(struct json_object *to, struct json_object *from,
			const char *key, size_t skip)
{
	struct json_object *ours, *theirs;

	if (!json_object_object_get_ex(to, key, &ours) ||
	    !json_object_object_get_ex(from, key, &theirs))
		return;
	for (size_t i = skip; i < json_object_array_length(theirs); i++)
		json_object_array_add(ours, json_object_get(
						    json_object_array_get_idx(theirs, i)));
}

void report_merge(struct build *b, int status, const char *const *file,
		  size_t count)
{
	struct json_object *o;

	if (!b->options->json && !b->options->sarif)
		return;
	o = object_make(b, status, "");
	for (size_t i = 0; i < count; i++) {
		struct json_object *part = json_object_from_file(file[i]), *error;

		if (!part)
			continue;
		/* None of the patches is kept unless all could be built. */
		if (status == BUILD_DONE)
			list_append(o, part, "patches", 0);
		/* Each began with what had been said by then. */
		list_append(o, part, "warnings", b->reports.warned);
		list_append(o, part, "refusals", b->reports.refused);
		if (json_object_object_get_ex(part, "error", &error))
			json_object_object_add(o, "error", json_object_get(error));
		json_object_put(part);
	}
	object_print(b, status, o);
	json_object_put(o);
}

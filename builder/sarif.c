/*
 * sarif.c - what was said, in the format that code review tools read.
 *
 * Called by:  report.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * SARIF 2.1.0 (OASIS, 2020): one run with a rule per topic, a result per warning
 * and refusal. Files of the source tree are named below SRCROOT.
 */
#include "sarif.h"

#include <ctype.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "diff.h"
#include "path.h"

static const struct rule {
	const char *id, *text, *level;
} rules[] = {
#define T(NAME, refuses, id, text) {id, text, refuses ? "error" : "warning"},
	REPORT_TOPICS(T)
#undef T
};

#define RULES (sizeof(rules) / sizeof(rules[0]))

static void text_add(struct json_object *to, const char *key, const char *text)
{
	json_object_object_add(to, key, json_object_new_string(text));
}

/* A new object as a member of another. */
static struct json_object *object_add(struct json_object *to, const char *key)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(to, key, o);
	return o;
}

/* A new object at the end of a list. */
static struct json_object *element_add(struct json_object *list)
{
	struct json_object *o = json_object_new_object();

	json_object_array_add(list, o);
	return o;
}

static struct json_object *list_add(struct json_object *to, const char *key)
{
	struct json_object *list = json_object_new_array();

	json_object_object_add(to, key, list);
	return list;
}

/* A path as a URI (RFC 3986). */
static const char *uri_of(struct build *b, const char *path)
{
	const char *text = *path == '/' ? "file://" : "";

	for (const unsigned char *p = (const unsigned char *)path; *p; p++)
		text = build_text(b, isalnum(*p) || strchr("/._~-", *p) ? "%s%c" : "%s%%%02X",
				  text, *p);
	return text;
}

static const char *get(struct json_object *o, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(o, key, &value) ? json_object_get_string(value)
							 : "";
}

static void place_add(struct build *b, struct json_object *result,
		      struct json_object *said)
{
	const char *file = get(said, "file"), *root = b->diff ? b->diff->root : NULL;
	struct json_object *place = object_add(
		element_add(list_add(result, "locations")), "physicalLocation");
	struct json_object *artifact = object_add(place, "artifactLocation"), *line;

	if (root && strcmp(file, root) != 0 && path_is_below(file, root)) {
		text_add(artifact, "uri", uri_of(b, file + strlen(root) + 1));
		text_add(artifact, "uriBaseId", "SRCROOT");
	} else {
		text_add(artifact, "uri", uri_of(b, file));
	}
	if (json_object_object_get_ex(said, "line", &line) && json_object_get_int(line) > 0)
		json_object_object_add(object_add(place, "region"), "startLine",
				       json_object_get(line));
}

/* The elements of `said`, of reports_json(), as results. */
static void results_add(struct build *b, struct json_object *results,
			struct json_object *said)
{
	for (size_t i = 0; i < json_object_array_length(said); i++) {
		struct json_object *from = json_object_array_get_idx(said, i);
		struct json_object *to = element_add(results);
		const char *advice = get(from, "advice");
		size_t rule = 0;

		while (rule + 1 < RULES && strcmp(rules[rule].id, get(from, "id")) != 0)
			rule++;
		text_add(to, "ruleId", rules[rule].id);
		json_object_object_add(to, "ruleIndex", json_object_new_int((int)rule));
		text_add(to, "level", rules[rule].level);
		text_add(object_add(to, "message"), "text",
			 build_text(b, "%s: %s%s%s", get(from, "subject"),
				    get(from, "text"), *advice ? "; what to do: " : "",
				    advice));
		place_add(b, to, from);
	}
}

static void tool_add(struct json_object *run)
{
	struct json_object *driver = object_add(object_add(run, "tool"), "driver");
	struct json_object *list;

	text_add(driver, "name", "opus-build");
	text_add(driver, "version", OPUS_RELEASE);
	list = list_add(driver, "rules");
	for (size_t i = 0; i < RULES; i++) {
		struct json_object *rule = element_add(list);

		text_add(rule, "id", rules[i].id);
		text_add(object_add(rule, "shortDescription"), "text", rules[i].text);
		text_add(object_add(rule, "defaultConfiguration"), "level", rules[i].level);
	}
}

static void invocation_add(struct json_object *run, int status, const char *error)
{
	struct json_object *o = element_add(list_add(run, "invocations"));

	json_object_object_add(o, "executionSuccessful",
			       json_object_new_boolean(status != BUILD_ERROR));
	json_object_object_add(o, "exitCode", json_object_new_int(status));
	if (*error) {
		struct json_object *n =
			element_add(list_add(o, "toolExecutionNotifications"));

		text_add(n, "level", status == BUILD_ERROR ? "error" : "note");
		text_add(object_add(n, "message"), "text", error);
	}
}

void sarif_print(struct build *b, int status, struct json_object *said)
{
	struct json_object *top = json_object_new_object();
	struct json_object *run, *list, *results;

	text_add(top, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
	text_add(top, "version", "2.1.0");
	run = element_add(list_add(top, "runs"));
	tool_add(run);
	invocation_add(run, status, get(said, "error"));
	if (b->diff && b->diff->root)
		text_add(object_add(object_add(run, "originalUriBaseIds"), "SRCROOT"), "uri",
			 build_text(b, "%s/", uri_of(b, b->diff->root)));
	results = list_add(run, "results");
	if (json_object_object_get_ex(said, "refusals", &list))
		results_add(b, results, list);
	if (json_object_object_get_ex(said, "warnings", &list))
		results_add(b, results, list);
	dprintf(b->options->sarif_to, "%s\n",
		json_object_to_json_string_ext(top, JSON_C_TO_STRING_PRETTY |
							    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(top);
}

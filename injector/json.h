/*
 * json.h - reports as JSON. The names are documented in opus-send(1) and do
 * not change; new ones may come.
 *
 * Included by: output.c.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_JSON_H
#define OPUS_JSON_H

#include <json-c/json.h>

#include "report.h"

/* {"opus", "verb", "targets": []}; the caller puts it. */
struct json_object *json_root(const struct options *o,
			      struct json_object **ret_targets);
/* One entry of "targets". */
struct json_object *json_report(const struct options *o, const struct report *r);
/* "thread", "tried", "pause_ns", "total_ns": how an agent was brought in. */
struct json_object *json_join(const struct inject_report *r);
/* A string of any bytes. */
struct json_object *json_text(const char *text);
/* "plan" of inspect. */
struct json_object *json_plan(const struct patch_file *f);
/* "code", "status", "message" [, "errno", "thread"] into `to`. */
void json_code(struct json_object *to, enum opus_code code,
	       const struct opus_error *err);

#endif

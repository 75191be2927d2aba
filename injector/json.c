/*
 * json.c - reports as JSON.
 *
 * Called by:  output.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * Names of processes, functions and files may be any bytes; JSON is UTF-8, so
 * bytes that are none become '?' on the way.
 */
#include "json.h"

#include <stdlib.h>
#include <string.h>

static void add(struct json_object *to, const char *name,
		struct json_object *value)
{
	json_object_object_add(to, name, value);
}

static void add_number(struct json_object *to, const char *name, uint64_t value)
{
	add(to, name, json_object_new_uint64(value));
}

static void add_bool(struct json_object *to, const char *name, bool value)
{
	add(to, name, json_object_new_boolean(value));
}

/* Length of the UTF-8 character at `s`, 0 if it is none. */
static size_t utf8_length(const unsigned char *s)
{
	size_t n = s[0] < 0x80 ? 1 : s[0] >> 5 == 6 ? 2 : s[0] >> 4 == 14 ? 3
		   : s[0] >> 3 == 30 ? 4 : 0;

	for (size_t i = 1; i < n; i++)
		if (s[i] >> 6 != 2)
			return 0;
	/* Nor in more bytes than it takes, a surrogate, or beyond U+10FFFF. */
	if (s[0] == 0xc0 || s[0] == 0xc1 || (s[0] == 0xe0 && s[1] < 0xa0) ||
	    (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf0 && s[1] < 0x90) ||
	    s[0] > 0xf4 || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

struct json_object *json_text(const char *text)
{
	char *copy = strdup(text);
	struct json_object *value;

	for (unsigned char *s = (unsigned char *)copy; s && *s;) {
		size_t n = utf8_length(s);

		if (n == 0)
			*s = '?';
		s += n ? n : 1;
	}
	value = json_object_new_string(copy ? copy : "");
	free(copy);
	return value;
}

static void add_text(struct json_object *to, const char *name, const char *text)
{
	add(to, name, json_text(text));
}

static struct json_object *json_hex(const uint8_t *bytes, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	struct json_object *value;
	char *text = malloc(2 * size + 1);

	for (size_t i = 0; text && i < size; i++) {
		text[2 * i] = digits[bytes[i] >> 4];
		text[2 * i + 1] = digits[bytes[i] & 15];
	}
	value = json_object_new_string_len(text ? text : "",
					   text ? (int)(2 * size) : 0);
	free(text);
	return value;
}

void json_code(struct json_object *to, enum opus_code code,
	       const struct opus_error *err)
{
	const char *text = err && err->text[0] ? err->text : code_text(code);

	add_text(to, "code", code_json(code));
	add(to, "status", json_object_new_int(code_status(code)));
	add_text(to, "message", text);
	if (err && err->sys)
		add(to, "errno", json_object_new_int(err->sys));
	if (err && err->tid)
		add(to, "thread", json_object_new_int(err->tid));
}

struct json_object *json_root(const struct options *o,
			      struct json_object **ret_targets)
{
	struct json_object *root = json_object_new_object();

	add_text(root, "opus", OPUS_RELEASE);
	add_text(root, "verb", options_verb_name(o->verb));
	/* Their places; json_code() puts the true values there. */
	json_code(root, OPUS_INTERNAL, NULL);
	*ret_targets = json_object_new_array();
	add(root, "targets", *ret_targets);
	return root;
}

static struct json_object *json_agent(const struct target *t)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} flags[] = {{BEACON_READY, "ready"},	{BEACON_OFF, "off"},
		     {BEACON_INJECTED, "injected"}, {BEACON_ACTIVE, "active"},
		     {BEACON_PENDING, "pending"}};
	struct json_object *agent = json_object_new_object();

	add_text(agent, "version", t->beacon.agent);
	add_number(agent, "protocol", t->beacon.wire_version);
	add_number(agent, "signal", t->beacon.signal);
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		add_bool(agent, flags[i].name, t->beacon.flags & flags[i].bit);
	if (t->beacon.flags & BEACON_OFF)
		add_text(agent, "off_reason", t->beacon.off_reason);
	add_bool(agent, "forked", t->beacon.pid != t->status.inner_pid);
	return agent;
}

static struct json_object *json_result(const struct wire_result *r)
{
	struct json_object *result = json_object_new_object();

	add_text(result, "patch", r->patch);
	add_number(result, "functions", r->functions);
	add_number(result, "threads", r->threads);
	add_number(result, "unsafe", r->unsafe);
	add_number(result, "prepare_ns", r->prepare_ns);
	add_number(result, "pause_ns", r->pause_ns);
	add_number(result, "stop_ns", r->stop_ns);
	add_number(result, "scan_ns", r->scan_ns);
	add_number(result, "switch_ns", r->switch_ns);
	add_number(result, "pending_ns", r->pending_ns);
	add_number(result, "total_ns", r->total_ns);
	return result;
}

static struct json_object *json_labels(const char *labels)
{
	struct json_object *array = json_object_new_array();
	char word[WIRE_LABELS];

	while (*(labels += strspn(labels, " "))) {
		size_t len = strcspn(labels, " ");

		snprintf(word, sizeof(word), "%.*s", (int)len, labels);
		json_object_array_add(array, json_text(word));
		labels += len;
	}
	return array;
}

static struct json_object *json_patches(const struct report *r)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < r->patch_count; i++) {
		const struct wire_patch *p = &r->patches[i];
		struct json_object *patch = json_object_new_object();

		add_text(patch, "name", p->name);
		add_text(patch, "state", report_state_json(p->state));
		add_number(patch, "functions", p->functions);
		add_number(patch, "shadowed", p->shadowed);
		add_number(patch, "changed_at_ns", p->changed_at_ns);
		add(patch, "digest", json_hex(p->digest, sizeof(p->digest)));
		add(patch, "labels", json_labels(p->labels));
		json_object_array_add(array, patch);
	}
	return array;
}

/* The patches as the beacon has them (verb status). */
static struct json_object *json_beacon_patches(const struct beacon *b)
{
	struct json_object *array = json_object_new_array();

	for (uint32_t i = 0; i < b->patches; i++) {
		const struct beacon_patch *p = &b->patch[i];
		struct json_object *patch = json_object_new_object();

		add_text(patch, "name", p->name);
		add_text(patch, "state", report_state_json(p->state));
		add_number(patch, "functions", p->functions);
		add(patch, "digest", json_hex(p->digest, sizeof(p->digest)));
		json_object_array_add(array, patch);
	}
	return array;
}

static struct json_object *json_frames(const struct report_thread *t)
{
	struct json_object *array = json_object_new_array();

	for (uint32_t i = 0; t->frames && i < t->thread.frames; i++) {
		const struct report_frame *f = &t->frames[i];
		struct json_object *frame = json_object_new_object();

		add_number(frame, "address", f->address);
		add(frame, "symbol", f->symbol ? json_text(f->symbol) : NULL);
		add_number(frame, "offset", f->offset);
		add(frame, "module", f->module ? json_text(f->module) : NULL);
		add(frame, "file", f->file ? json_text(f->file) : NULL);
		add(frame, "line", f->file ? json_object_new_int(f->line) : NULL);
		add_bool(frame, "old", f->old);
		json_object_array_add(array, frame);
	}
	return array;
}

static struct json_object *json_threads(const struct report *r)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < r->thread_count; i++) {
		const struct wire_thread *t = &r->threads[i].thread;
		struct json_object *thread = json_object_new_object();

		add(thread, "tid", json_object_new_int(t->tid));
		add_text(thread, "name", t->comm);
		add_text(thread, "reason", reason_json(t->reason));
		add_text(thread, "function", t->name);
		add_number(thread, "function_address", t->function);
		add_number(thread, "since_ns", t->since_ns);
		if (r->threads[i].frames) {
			add_bool(thread, "complete", t->complete);
			add(thread, "frames", json_frames(&r->threads[i]));
		}
		json_object_array_add(array, thread);
	}
	return array;
}

static struct json_object *json_log(const struct report *r)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < r->line_count; i++) {
		struct json_object *line = json_object_new_object();

		add_number(line, "at_ns", r->lines[i].at_ns);
		add_text(line, "text", r->lines[i].text);
		json_object_array_add(array, line);
	}
	return array;
}

struct json_object *json_join(const struct inject_report *r)
{
	struct json_object *o = json_object_new_object();

	add_number(o, "thread", (uint64_t)r->thread);
	add_number(o, "tried", r->tried);
	add_number(o, "pause_ns", r->pause_ns);
	add_number(o, "total_ns", r->total_ns);
	return o;
}

struct json_object *json_report(const struct options *o, const struct report *r)
{
	struct json_object *target = json_object_new_object();

	add(target, "pid", json_object_new_int(r->t->pid));
	if (r->t->status.inner_pid && r->t->status.inner_pid != r->t->pid)
		add(target, "inner_pid",
		    json_object_new_int(r->t->status.inner_pid));
	add_text(target, "command", r->t->status.name);
	json_code(target, r->error.code, &r->error);
	if (r->has_beacon)
		add(target, "agent", json_agent(r->t));
	if (r->joined)
		add(target, "joined", json_join(&r->join));
	if (r->has_result)
		add(target, "result", json_result(&r->result));
	if (o->verb == VERB_STATUS && r->has_beacon)
		add(target, "patches", json_beacon_patches(&r->t->beacon));
	else if (o->verb == VERB_LIST)
		add(target, "patches", json_patches(r));
	if (o->verb == VERB_WHY || r->thread_count)
		add(target, "threads", json_threads(r));
	if (o->verb == VERB_LOG)
		add(target, "log", json_log(r));
	return target;
}

static struct json_object *json_field(const struct plan *p,
				      const struct plan_field *f,
				      const uint8_t *record)
{
	uint64_t value = 0;
	uint32_t size;

	memcpy(&value, record + f->offset, f->size);
	switch (f->kind) {
	case PLAN_STRING: return json_text(plan_string(p, (uint32_t)value));
	case PLAN_ENUM_REF: return json_text(plan_ref_name((uint32_t)value));
	case PLAN_ENUM_HOOK: return json_text(plan_hook_name((uint32_t)value));
	case PLAN_ENUM_WHERE: return json_text(plan_where_name((uint32_t)value));
	case PLAN_ENUM_TYPE: return json_text(plan_type_name((uint32_t)value));
	case PLAN_BYTES_AT:
		/* Its length is the next field, see plan.h. */
		memcpy(&size, record + f[1].offset, sizeof(size));
		return json_hex(plan_bytes(p, (uint32_t)value), size);
	default: return json_object_new_uint64(value);
	}
}

static struct json_object *json_table(const struct plan *p, int id)
{
	const struct plan_table_info *info = plan_table_describe(id);
	const struct plan_table *t = &p->header->table[id];
	const uint8_t *record = (const uint8_t *)p->header + t->offset;
	struct json_object *array = json_object_new_array();

	for (uint32_t i = 0; i < t->count; i++, record += t->size) {
		struct json_object *row = json_object_new_object();

		for (uint32_t k = 0; k < info->field_count; k++)
			add(row, info->fields[k].name,
			    json_field(p, &info->fields[k], record));
		json_object_array_add(array, row);
	}
	return array;
}

struct json_object *json_plan(const struct patch_file *f)
{
	const struct plan *p = &f->plan;
	struct json_object *plan = json_object_new_object();

	add_text(plan, "file", f->path);
	add_number(plan, "file_size", f->size);
	add_number(plan, "version", p->header->version);
	add(plan, "digest", json_hex(p->header->digest, DIGEST_SIZE));
	for (int i = 0; i < PLAN_TABLE_STRINGS; i++)
		add(plan, plan_table_describe(i)->name, json_table(p, i));
	return plan;
}

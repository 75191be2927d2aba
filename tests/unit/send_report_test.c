/*
 * send_report_test.c - folding of codes, JSON of reports.
 *
 * Called by:  tests/run.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "injector/json.h"
#include "injector/output.h"
#include "injector/symbolize.h"

#define FOLD(...)                                                              \
	report_fold((enum opus_code[]){__VA_ARGS__},                           \
		    sizeof((enum opus_code[]){__VA_ARGS__}) /                  \
			    sizeof(enum opus_code))

Test(report, one_code_for_many)
{
	cr_assert_eq(FOLD(OPUS_OK), OPUS_OK);
	cr_assert_eq(FOLD(OPUS_ALREADY), OPUS_ALREADY);
	cr_assert_eq(FOLD(OPUS_OK, OPUS_ALREADY), OPUS_OK);
	cr_assert_eq(FOLD(OPUS_BUSY, OPUS_BUSY), OPUS_BUSY);
	cr_assert_eq(FOLD(OPUS_OK, OPUS_BUSY, OPUS_OK), OPUS_SOME_FAILED);
	/* All failed alike for the exit status, if not for the same reason. */
	cr_assert_eq(code_status(FOLD(OPUS_NO_AGENT, OPUS_NO_TARGET)), 3);
	cr_assert_eq(FOLD(OPUS_NO_AGENT, OPUS_BUSY), OPUS_SOME_FAILED);
	cr_assert_eq(code_status(FOLD(OPUS_OK, OPUS_INCONSISTENT)), 8);
	cr_assert_eq(report_fold(NULL, 0), OPUS_OK);
}

Test(report, messages_are_kept)
{
	union client_message m;
	struct target t = {.pid = 5};
	struct report r;

	report_init(&r, &t);
	memset(&m, 0, sizeof(m));
	m.head.type = WIRE_PATCH;
	for (int i = 0; i < 100; i++) {
		snprintf(m.patch.name, sizeof(m.patch.name), "p%d", i);
		report_take(&r, &m);
	}
	m.head.type = WIRE_PROGRESS;
	report_take(&r, &m);
	cr_assert_eq(r.patch_count, 100);
	cr_assert_str_eq(r.patches[99].name, "p99");
	report_deinit(&r);
	cr_assert_eq(r.patch_count, 0);
}

static struct json_object *field(struct json_object *o, const char *name)
{
	struct json_object *value = NULL;

	cr_assert(json_object_object_get_ex(o, name, &value), "no \"%s\"", name);
	return value;
}

static const char *text(struct json_object *o, const char *name)
{
	return json_object_get_string(field(o, name));
}

Test(json, report_of_an_apply)
{
	struct options o = {.verb = VERB_APPLY};
	struct target t = {.pid = 5, .view = 5};
	struct json_object *root;
	struct report r;

	report_init(&r, &t);
	snprintf(t.status.name, sizeof(t.status.name), "server");
	r.has_result = true;
	r.result.pause_ns = 31000;
	r.result.scan_ns = 7000;
	snprintf(r.result.patch, sizeof(r.result.patch), "fix");
	root = json_report(&o, &r);
	cr_assert_eq(json_object_get_int(field(root, "pid")), 5);
	cr_assert_str_eq(text(root, "command"), "server");
	cr_assert_str_eq(text(root, "code"), "ok");
	cr_assert_eq(json_object_get_int(field(root, "status")), 0);
	cr_assert_str_eq(text(root, "message"), "done");
	cr_assert_str_eq(text(field(root, "result"), "patch"), "fix");
	cr_assert_eq(json_object_get_uint64(field(field(root, "result"),
						  "pause_ns")), 31000);
	cr_assert_eq(json_object_get_uint64(field(field(root, "result"),
						  "scan_ns")), 7000);
	json_object_put(root);
	report_deinit(&r);
}

Test(json, failure_carries_the_agents_words)
{
	struct options o = {.verb = VERB_APPLY};
	struct target t = {.pid = 5};
	struct json_object *root;
	struct report r;

	report_init(&r, &t);
	(void)!error_set(&r.error, OPUS_BYTES_DIFFER, "at work+0x10");
	r.error.tid = 17;
	root = json_report(&o, &r);
	cr_assert_str_eq(text(root, "code"), "bytes-differ");
	cr_assert_eq(json_object_get_int(field(root, "status")), 6);
	cr_assert_str_eq(text(root, "message"), "at work+0x10");
	cr_assert_eq(json_object_get_int(field(root, "thread")), 17);
	json_object_put(root);
}

Test(json, any_bytes_give_utf8)
{
	struct options o = {.verb = VERB_LOG};
	struct wire_line line = {.at_ns = 1};
	struct target t = {.pid = 5};
	struct report r;
	struct json_object *root, *log;

	report_init(&r, &t);
	snprintf(line.text, sizeof(line.text), "ok \xc3\xa4 bad \xff\xc3( end\xe2\x82");
	r.lines = &line;
	r.line_count = 1;
	root = json_report(&o, &r);
	log = json_object_array_get_idx(field(root, "log"), 0);
	cr_assert_str_eq(text(log, "text"), "ok \xc3\xa4 bad ?" "?( end?" "?");
	json_object_put(root);
}

/* In too many bytes, a surrogate, and beyond the last: for a reader that is strict. */
Test(json, bytes_that_only_look_like_utf8)
{
	static const char *const bad[] = {"\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80",
					  "\xf0\x80\x80\xaf", "\xf4\x90\x80\x80",
					  "\xf5\x80\x80\x80"};
	static const char good[] = "\xed\x9f\xbf\xe0\xa0\x80\xf4\x8f\xbf\xbf";
	struct json_object *value = json_text(good);

	cr_assert_str_eq(json_object_get_string(value), good);
	json_object_put(value);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		value = json_text(bad[i]);
		cr_assert_eq(strspn(json_object_get_string(value), "?"), strlen(bad[i]));
		json_object_put(value);
	}
}

Test(json, labels_are_split)
{
	struct options o = {.verb = VERB_LIST};
	struct wire_patch p = {.state = WIRE_PATCH_APPLIED};
	struct target t = {.pid = 5};
	struct report r;
	struct json_object *root, *patch;

	report_init(&r, &t);
	snprintf(p.labels, sizeof(p.labels), "CVE-1  CVE-2");
	r.patches = &p;
	r.patch_count = 1;
	root = json_report(&o, &r);
	patch = json_object_array_get_idx(field(root, "patches"), 0);
	cr_assert_str_eq(text(patch, "state"), "applied");
	cr_assert_eq(json_object_array_length(field(patch, "labels")), 2);
	cr_assert_eq(strlen(text(patch, "digest")), 64);
	json_object_put(root);
}

Test(output, nothing_controls_the_terminal)
{
	char text[64];
	FILE *f = fmemopen(text, sizeof(text), "w");

	cr_assert_str_eq(output_clean("a\033[1m\n\x7f"), "a?[1m??");
	cr_assert_str_eq(output_clean("na\xc3\xafve \xe2\x82\xac"),
			 "na\xc3\xafve \xe2\x82\xac");
	/* U+009B: CSI, and U+00A0, which is none */
	cr_assert_str_eq(output_clean("\xc2\x9b""1m\xc2\xa0"), "?\x9b""1m\xc2\xa0");
	output_message(f, "one\ntwo\033\xc2\x9b");
	fclose(f);
	cr_assert_str_eq(text, "one\ntwo??\x9b");
}

Test(output, times_have_three_digits)
{
	cr_assert_str_eq(output_time(0), "0.00 us");
	cr_assert_str_eq(output_time(31400), "31.4 us");
	cr_assert_str_eq(output_time(1234567), "1.23 ms");
	cr_assert_str_eq(output_time(10000000000u), "10.0 s");
	cr_assert_str_eq(output_count(1, "thread"), "1 thread");
	cr_assert_str_eq(output_count(0, "thread"), "0 threads");
	cr_assert_str_eq(output_clean("a\033[31m\nb"), "a?[31m?b");
}

Test(symbolize, parts_of_the_old_function)
{
	struct wire_thread t = {.function = 0x1000};

	snprintf(t.name, sizeof(t.name), "work");
	cr_assert(symbolize_is_old(&t, "work", 0x1000));
	cr_assert(symbolize_is_old(&t, "alias_of_work", 0x1000));
	cr_assert(symbolize_is_old(&t, "work.cold", 0x5000));
	cr_assert(!symbolize_is_old(&t, "work", 0x9000));
	cr_assert(!symbolize_is_old(&t, "worker", 0x9000));
}

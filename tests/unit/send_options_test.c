/*
 * send_options_test.c - the command line of opus-send.
 *
 * Called by:  tests/run.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "injector/options.h"

static struct options o;
static struct opus_error err;

/* Parse a line of words. The words have to outlive the options. */
static enum opus_code parse(const char *line)
{
	static char text[2048];
	static char *words[64];
	int count = 0;

	snprintf(text, sizeof(text), "opus-send %s", line);
	for (char *w = strtok(text, " "); w; w = strtok(NULL, " "))
		words[count++] = w;
	words[count] = NULL;
	options_deinit(&o);
	error_clear(&err);
	return options_parse(count, words, &o, &err);
}

static void end(void)
{
	options_deinit(&o);
}

TestSuite(options, .fini = end);

Test(options, apply_with_everything)
{
	cr_assert_eq(parse("apply fix.opus --pid 12 -p 13 --pid 12 --dry-run "
			   "--timeout 0.25 --max-pause 5 --arg a=1 --arg b= "
			   "--json --force-confined"), OPUS_OK, "%s", err.text);
	cr_assert_eq(o.verb, VERB_APPLY);
	cr_assert_str_eq(o.operand, "fix.opus");
	cr_assert_eq(o.pid_count, 2);
	cr_assert_eq(o.pids[0], 12);
	cr_assert_eq(o.pids[1], 13);
	cr_assert(o.dry_run && o.json && o.force_confined && !o.no_wait);
	cr_assert_eq(o.timeout_ns, 250000000u);
	cr_assert_eq(o.max_pause_ns, 5000000u);
	cr_assert_eq(o.args_size, 7);
	cr_assert_arr_eq(o.args, "a=1\0b=", 7);
}

Test(options, order_does_not_matter)
{
	cr_assert_eq(parse("--pid 1 revert --json name"), OPUS_OK);
	cr_assert_eq(o.verb, VERB_REVERT);
	cr_assert_str_eq(o.operand, "name");
}

/* Whether there is such a process is not for the command line to say. */
Test(options, a_process_id_may_be_any)
{
	cr_assert_eq(parse("status --pid 99999999 --pid 2147483647"), OPUS_OK);
	cr_assert_eq(o.pids[0], 99999999);
	cr_assert_eq(o.pids[1], 2147483647);
	cr_assert_eq(parse("status --tree 99999999"), OPUS_OK);
}

Test(options, defaults)
{
	cr_assert_eq(parse("apply x --pid 1"), OPUS_OK);
	cr_assert_eq(o.timeout_ns, OPTIONS_TIMEOUT_NS);
	cr_assert_eq(parse("wait --pid 1"), OPUS_OK);
	cr_assert_eq(o.timeout_ns, OPTIONS_FOREVER);
	cr_assert_eq(parse("apply x --pid 1 --timeout 0"), OPUS_OK);
	cr_assert_eq(o.timeout_ns, 0);
	cr_assert_eq(parse("status"), OPUS_OK);
	cr_assert(o.all);
	cr_assert_eq(parse("status --pid 4"), OPUS_OK);
	cr_assert(!o.all);
}

Test(options, wrong_usage_names_the_fault)
{
	static const char *const lines[][2] = {
		{"", "verb"},
		{"aply x --pid 1", "aply"},
		{"apply --pid 1", "PATCH"},
		{"revert --pid 1", "NAME"},
		{"apply a b --pid 1", "\"b\""},
		{"apply x", "which process"},
		{"why", "which process"},
		{"apply x --pid 1 --all", "choose one"},
		{"apply x --exe /bin/true --all", "choose one"},
		{"apply x --pid one", "one"},
		{"apply x --pid 0", "\"0\""},
		{"apply x --pid -3", "-3"},
		{"apply x --pid 99999999999999999999", "9999"},
		{"apply x --pid 2147483648", "2147483648"},
		{"apply x --pid", "argument"},
		{"apply x --pid 1 --timeout never", "never"},
		{"apply x --pid 1 --timeout inf", "inf"},
		{"apply x --pid 1 --timeout 1e3", "1e3"},
		{"apply x --pid 1 --timeout 99999999999999", "9999"},
		{"apply x --pid 1 --arg novalue", "novalue"},
		{"apply x --pid 1 --arg =v", "=v"},
		{"apply x --pid 1 --no-wait --timeout 1", "exclude"},
		{"apply x --pid 1 --no-wait --retry", "--retry"},
		{"revert x --pid 1 --no-barrier --retry", "--retry"},
		{"list --pid 1 --timeout 1", "--timeout"},
		{"status --pid 1 --dry-run", "--dry-run"},
		{"inspect x --pid 1", "--pid"},
		{"revert x --pid 1 --arg a=b", "--arg"},
		{"apply x --pid 1 --frobnicate", "--frobnicate"},
		{"apply x --pid 1 -z", "-z"},
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		cr_expect_eq(parse(lines[i][0]), OPUS_USAGE, "%s", lines[i][0]);
		cr_expect(strstr(err.text, lines[i][1]), "%s: %s", lines[i][0],
			  err.text);
	}
}

Test(options, too_many_arguments_of_hooks)
{
	static char line[2048 + 64] = "apply x --pid 1 --arg ";
	static char *words[] = {"opus-send", "apply", "x",  "--pid",
				"1",	     "--arg", NULL, NULL};

	memset(line, 'a', WIRE_ARGS);
	line[1] = '=';
	line[WIRE_ARGS] = '\0';
	words[6] = line;
	cr_assert_eq(options_parse(7, words, &o, &err), OPUS_USAGE);
	options_deinit(&o);
	line[WIRE_ARGS - 1] = '\0';
	cr_assert_eq(options_parse(7, words, &o, &err), OPUS_OK);
	cr_assert_eq(o.args_size, WIRE_ARGS);
}

Test(options, help_and_version_need_nothing_else)
{
	cr_assert_eq(parse("--help"), OPUS_OK);
	cr_assert(o.help && !o.help_of_verb);
	cr_assert_eq(parse("apply --help"), OPUS_OK);
	cr_assert(o.help && o.help_of_verb);
	cr_assert_eq(o.verb, VERB_APPLY);
	cr_assert_eq(parse("--version"), OPUS_OK);
	cr_assert(o.version);
}

Test(options, help_lists_the_options_of_the_verb_only)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	options_help_verb(f, VERB_LIST);
	fclose(f);
	cr_assert(strstr(text, "--pid P") && strstr(text, "--json"));
	cr_assert_not(strstr(text, "--dry-run"));
	free(text);
}

Test(options, a_name_too_long_for_the_wire)
{
	char line[512] = "revert --pid 1 ";
	size_t used = strlen(line);

	memset(line + used, 'n', WIRE_NAME);
	line[used + WIRE_NAME] = '\0';
	cr_assert_eq(parse(line), OPUS_USAGE);
	line[used + WIRE_NAME - 1] = '\0';
	cr_assert_eq(parse(line), OPUS_OK);
}

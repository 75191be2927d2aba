/*
 * send_main.c - opus-send: ask the agents of running processes to patch them.
 *
 * Called by:  the shell.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 *      options   what is asked                 options.c
 *      targets   which processes               target.c, proc.c, beacon_read.c
 *      contact   wake the agent                contact.c, contact_thread.c
 *      client    talk to it                    client.c, update.c, verb_*.c
 *      output    say what came of it           output*.c, json.c, symbolize.c
 */
#include <stdio.h>
#include <string.h>

#include "common/standard.h"
#include "hurry.h"
#include "options.h"
#include "run.h"

static enum opus_code usage_error(int argc, char **argv,
				  const struct options *o,
				  const struct opus_error *err)
{
	struct output out;
	bool json = o->json;

	/* Options behind the one that was wrong count as well. */
	for (int i = 1; i < argc; i++)
		json = json || strcmp(argv[i], "--json") == 0;
	if (json) {
		struct options with_json = *o;

		with_json.json = true;
		output_init(&out, &with_json);
		output_end(&out, err->code, err, NULL);
		return err->code;
	}
	fprintf(stderr, "opus-send: %s\n", err->text);
	if (o->verb != OPTIONS_VERB_COUNT)
		fprintf(stderr, "  `opus-send %s --help` lists what it takes\n",
			options_verb_name(o->verb));
	else
		fprintf(stderr, "  `opus-send --help` lists the verbs\n");
	return err->code;
}

static enum opus_code run_verb_of(const struct options *o)
{
	static const run_verb verbs[OPTIONS_VERB_COUNT] = {
		[VERB_APPLY] = verb_apply,   [VERB_REVERT] = verb_revert,
		[VERB_STATUS] = verb_status, [VERB_LIST] = verb_list,
		[VERB_WHY] = verb_why,	     [VERB_WAIT] = verb_wait,
		[VERB_CANCEL] = verb_cancel, [VERB_LOG] = verb_log,
		[VERB_INSPECT] = verb_inspect, [VERB_STORE] = verb_store,
		[VERB_SCAN] = verb_scan,     [VERB_CHECK] = verb_check,
	};
	struct output out;

	output_init(&out, o);
	return verbs[o->verb](o, &out);
}

int main(int argc, char **argv)
{
	struct opus_error err = {0};
	struct options o;
	enum opus_code code;

	standard_open();
	hurry_self();
	code = options_parse(argc, argv, &o, &err);
	if (code != OPUS_OK)
		code = usage_error(argc, argv, &o, &err);
	else if (o.version)
		printf("opus-send %s (protocol %d)\n", OPUS_RELEASE, WIRE_VERSION);
	else if (o.help && o.help_of_verb)
		options_help_verb(stdout, o.verb);
	else if (o.help)
		options_help(stdout);
	else
		code = run_verb_of(&o);
	options_deinit(&o);
	if ((fflush(stdout) != 0 || ferror(stdout)) && code_status(code) == 0) {
		fprintf(stderr, "opus-send: standard output cannot be written\n");
		code = OPUS_RESOURCE;
	}
	return code_status(code);
}

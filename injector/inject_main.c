/*
 * inject_main.c - opus-inject: bring the agent into a running process.
 *
 * Called by:  the shell.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/standard.h"
#include "inject.h"
#include "interrupt.h"
#include "json.h"
#include "output.h"

struct request {
	pid_t pid;
	bool json;
	struct inject_request inject;
};

static void help(void)
{
	puts("usage: opus-inject --pid P [OPTION]...\n"
	     "Bring the agent into a process that was started without it.\n\n"
	     "  -p, --pid P        the process P\n"
	     "  -c, --check        look whether it would work, change nothing\n"
	     "  -t, --thread T     borrow this thread\n"
	     "      --agent FILE   the agent, if it is not where it was installed\n"
	     "      --force-confined   although a seccomp filter may kill it\n"
	     "      --suspend-seccomp  suspend filters that would not let it in\n"
	     "  -j, --json         print one JSON object\n"
	     "  -h, --help         this text\n"
	     "  -V, --version      print the version\n\n"
	     "opus-send(1) does this by itself. opus-inject(1) tells all.");
}

static enum opus_code pid_parse(const char *name, const char *text, pid_t *ret,
				struct opus_error *err)
{
	return options_id(text, ret)
		       ? OPUS_OK
		       : error_set(err, OPUS_USAGE, "--%s: \"%s\" is no such id",
				   name, text);
}

/* Also behind an option that is wrong. */
static bool json_asked(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--json") == 0 || strcmp(argv[i], "-j") == 0)
			return true;
	return false;
}

/* OPUS_CANCELLED: nothing is left to do. */
static enum opus_code parse(int argc, char **argv, struct request *ret,
			    struct opus_error *err)
{
	static const struct option options[] = {
		{"pid", required_argument, NULL, 'p'},
		{"thread", required_argument, NULL, 't'},
		{"check", no_argument, NULL, 'c'},
		{"agent", required_argument, NULL, 'A'},
		{"force-confined", no_argument, NULL, 'F'},
		{"suspend-seccomp", no_argument, NULL, 'S'},
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{0},
	};
	enum opus_code code = OPUS_OK;
	int letter;

	while (code == OPUS_OK &&
	       (letter = getopt_long(argc, argv, ":p:t:cjhV", options, NULL)) != -1)
		switch (letter) {
		case 'p':
			code = ret->pid ? error_set(err, OPUS_USAGE,
						    "--pid: one process at a time")
					: pid_parse("pid", optarg, &ret->pid, err);
			break;
		case 't':
			code = pid_parse("thread", optarg, &ret->inject.thread, err);
			break;
		case 'c': ret->inject.check = true; break;
		case 'A': ret->inject.agent = optarg; break;
		case 'F': ret->inject.force = true; break;
		case 'S': ret->inject.suspend = true; break;
		case 'j': ret->json = true; break;
		case 'h': help(); return OPUS_CANCELLED;
		case 'V': puts("opus-inject " OPUS_RELEASE); return OPUS_CANCELLED;
		default:
			code = error_set(err, OPUS_USAGE, "%s: %s",
					 argv[optind - 1],
					 letter == ':' ? "an argument is missing"
						       : "unknown option");
		}
	if (code == OPUS_OK && optind < argc)
		code = error_set(err, OPUS_USAGE, "what is \"%s\"?", argv[optind]);
	if (code == OPUS_OK && !ret->pid)
		code = error_set(err, OPUS_USAGE, "which process? give --pid");
	return code;
}

static enum opus_code inject(const struct request *q, struct inject_report *r,
			     struct opus_error *err)
{
	struct target t = {.pid = q->pid, .view = q->pid, .pidfd = -1};
	enum opus_code code = target_check_proc(err);

	if (code == OPUS_OK)
		code = target_look(&t, err);
	if (code == OPUS_OK || (code == OPUS_NO_AGENT && !t.beacon_at))
		code = inject_agent(&t, &q->inject, r, err);
	if (code == OPUS_OK) /* what was tried before it worked */
		error_clear(err);
	target_close(&t);
	err->code = code;
	return code;
}

static void print_json(const struct request *q, const struct inject_report *r,
		       const struct opus_error *err)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "opus", json_object_new_string(OPUS_RELEASE));
	json_object_object_add(o, "verb", json_object_new_string("inject"));
	json_object_object_add(o, "pid", json_object_new_int(q->pid));
	json_object_object_add(o, "check", json_object_new_boolean(q->inject.check));
	json_code(o, err->code, err);
	json_object_object_add(o, "joined", json_join(r));
	puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY |
						       JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
}

static void print_failure(const struct request *q, const struct opus_error *err)
{
	const char *hint = report_hint(err->code);

	fprintf(stderr, "opus-inject: %d: %s: ", q->pid, code_text(err->code));
	output_message(stderr, err->text);
	fprintf(stderr, "%s%s\n", hint ? "\n  " : "", hint ? hint : "");
}

static void print_text(const struct request *q, const struct inject_report *r,
		       const struct opus_error *err)
{
	if (err->code == OPUS_OK && q->inject.check)
		printf("%d: the agent can be loaded (thread %d)\n", q->pid,
		       r->thread);
	else if (err->code == OPUS_OK)
		printf("%d: the agent is loaded (%.1f ms; thread %d was stopped for "
		       "%.2f ms)\n", q->pid, (double)r->total_ns / 1e6,
		       r->thread, (double)r->pause_ns / 1e6);
	else if (err->code == OPUS_ALREADY)
		printf("%d: %s\n", q->pid, err->text);
	else if (err->code == OPUS_USAGE)
		fprintf(stderr, "opus-inject: %s\n"
				"  `opus-inject --help` lists the options\n",
			err->text);
	else
		print_failure(q, err);
}

int main(int argc, char **argv)
{
	struct request q = {.inject.agent = inject_agent_path()};
	struct inject_report r = {0};
	struct opus_error err = {0};
	enum opus_code code;

	standard_open();
	code = parse(argc, argv, &q, &err);
	if (code == OPUS_OK) {
		interrupt_catch();
		inject(&q, &r, &err);
	}
	if (code == OPUS_CANCELLED)
		err.code = OPUS_OK;
	else if (q.json || (code != OPUS_OK && json_asked(argc, argv)))
		print_json(&q, &r, &err);
	else
		print_text(&q, &r, &err);
	if ((fflush(stdout) != 0 || ferror(stdout)) && code_status(err.code) == 0) {
		fprintf(stderr, "opus-inject: standard output cannot be written\n");
		return code_status(OPUS_RESOURCE);
	}
	return code_status(err.code);
}

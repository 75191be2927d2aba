/*
 * unit_main.c - opus-run unit: give the agent to services of systemd.
 *
 * Called by:  run_main.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "environment.h"
#include "unit.h"

static const char help[] =
"usage: opus-run unit {enable|disable|check} UNIT [OPTION]...\n"
"Give the agent to a service of systemd, or say what is in the way.\n\n"
"  -R, --root DIR         below this folder, not on this machine\n"
"  -a, --agent PATH       the agent, as the service will see it\n"
"  -f, --follow           enable: what the service starts gets the agent as well,\n"
"                         even with a cleaned environment\n"
"  -x, --follow-not GLOB  but not programs whose path is like this\n"
"  -h, --help             this text\n";

static const struct option long_options[] = {
	{"root", required_argument, NULL, 'R'},
	{"agent", required_argument, NULL, 'a'},
	{"follow", no_argument, NULL, 'f'},
	{"follow-not", required_argument, NULL, 'x'},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

struct words {
	const char *action, *name, *root;
	char agent[PATH_MAX];
	struct unit_wish wish;
};

static enum opus_code change(const struct words *w, const struct unit *u,
			     struct opus_error *err)
{
	bool on = strcmp(w->action, "enable") == 0;
	char path[PATH_MAX];
	enum opus_code code = on ? unit_enable(u, w->root, &w->wish, path, err)
				 : unit_disable(u, w->root, path, err);

	if (code == OPUS_OK)
		printf("%s: %s %s\n  now: systemctl daemon-reload, and systemctl restart %s when it suits%s%s\n",
		       u->name, on ? "wrote" : "removed", path, u->name,
		       on ? "; then: opus-send scan --unit " : "", on ? u->name : "");
	if (code == OPUS_ALREADY)
		printf("%s: %s\n", u->name, err->text);
	return code;
}

static enum opus_code unit_do(const struct words *w, struct opus_error *err)
{
	struct unit u;
	enum opus_code code = unit_init(&u, w->root, w->name, err);

	if (code == OPUS_OK && strcmp(w->action, "check") == 0)
		code = unit_check(&u, w->root, w->agent);
	else if (code == OPUS_OK)
		code = change(w, &u, err);
	unit_deinit(&u);
	return code;
}

static void pattern_add(struct unit_wish *wish, const char *pattern)
{
	size_t used = strlen(wish->follow_not);

	snprintf(wish->follow_not + used, sizeof(wish->follow_not) - used, "%s%s",
		 used ? ":" : "", pattern);
}

static enum opus_code words_parse(int argc, char **argv, struct words *w,
				  struct opus_error *err)
{
	static const char *const actions[] = {"enable", "disable", "check"};
	int letter, known = 0;

	w->root = "";
	optind = 1;
	while ((letter = getopt_long(argc, argv, "R:a:fx:h", long_options, NULL)) != -1) {
		if (letter == 'R')
			w->root = optarg;
		else if (letter == 'a')
			snprintf(w->agent, sizeof(w->agent), "%s", optarg);
		else if (letter == 'f')
			w->wish.follow = true;
		else if (letter == 'x')
			pattern_add(&w->wish, optarg);
		else if (letter != 'h')
			return error_set(err, OPUS_USAGE, "`opus-run unit --help` lists the options");
		else
			w->action = "help";
	}
	if (w->action)
		return OPUS_OK;
	if (argc - optind != 2)
		return error_set(err, OPUS_USAGE, "unit: give an action and a unit");
	w->action = argv[optind];
	w->name = argv[optind + 1];
	for (size_t i = 0; i < 3; i++)
		known |= strcmp(actions[i], w->action) == 0;
	if (!known)
		return error_set(err, OPUS_USAGE, "unit: unknown action \"%s\"", w->action);
	if (!w->agent[0] && !environment_agent(w->agent, sizeof(w->agent)))
		return error_set(err, OPUS_NO_AGENT, "no libopus-agent.so was found: give --agent");
	w->wish.agent = w->agent;
	return OPUS_OK;
}

int unit_main(int argc, char **argv)
{
	struct words w = {.action = NULL};
	struct opus_error err = {0};
	enum opus_code code = words_parse(argc, argv, &w, &err);

	if (code == OPUS_OK && strcmp(w.action, "help") == 0)
		return fputs(help, stdout) < 0;
	if (code == OPUS_OK)
		code = unit_do(&w, &err);
	if (code_status(code) != 0 && err.text[0])
		fprintf(stderr, "opus-run: %s\n", err.text);
	return code_status(code);
}

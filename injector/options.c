/*
 * options.c - understand the command line of opus-send.
 *
 * Called by:  send_main.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * getopt_long(3) finds the options wherever they stand; which of them a verb
 * takes is in OPTIONS_VERBS, so that parser, help text and messages agree.
 */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct verb_row {
	const char *name;
	const char *operand;
	const char *options;
	uint64_t timeout_ns;
	const char *summary;
};

static const struct verb_row verbs[] = {
#define V(VERB, name, operand, options, timeout, summary) \
	{name, operand, options, timeout, summary},
	OPTIONS_VERBS(V)
#undef V
};

struct option_row {
	char letter;
	const char *name;
	const char *argument;
	const char *text;
};

static const struct option_row rows[] = {
#define O(letter, name, argument, text) {letter, name, argument, text},
	OPTIONS_LIST(O)
#undef O
};

static const char short_options[] = ":p:e:adt:nm:jhV";

/* What was seen, until the verb is known. */
struct parse {
	struct options *o;
	struct opus_error *err;
	char seen[COUNT(rows) + 1]; /* letters */
	size_t pid_room;
};

const char *options_verb_name(enum options_verb verb)
{
	return verb < OPTIONS_VERB_COUNT ? verbs[verb].name : "unknown";
}

static const struct option_row *row_find(int letter)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		if (rows[i].letter == letter)
			return &rows[i];
	return NULL;
}

bool options_duration(const char *text, double unit, uint64_t *ret)
{
	char *end;
	double value;

	/* strtod() also takes "inf", "nan", "0x1p3" and "-1". */
	if (text[strspn(text, "0123456789.")] != '\0' || !*text)
		return false;
	value = strtod(text, &end);
	if (*end || end == text || !isfinite(value) || value * unit > 1e18)
		return false;
	*ret = (uint64_t)(value * unit + 0.5);
	return true;
}

bool options_id(const char *text, pid_t *ret)
{
	char *end;
	long id;

	errno = 0;
	id = strtol(text, &end, 10);
	if (*end || end == text || errno || id <= 0 || id > INT_MAX)
		return false;
	*ret = (pid_t)id;
	return true;
}

static enum opus_code pid_parse(const char *name, const char *text, pid_t *ret,
				struct opus_error *err)
{
	return options_id(text, ret)
		       ? OPUS_OK
		       : error_set(err, OPUS_USAGE,
				   "--%s: \"%s\" is not a process id", name, text);
}

static enum opus_code pid_add(struct parse *p, const char *text)
{
	struct options *o = p->o;
	pid_t pid, *more;
	enum opus_code code = pid_parse("pid", text, &pid, p->err);

	if (code != OPUS_OK)
		return code;
	for (size_t i = 0; i < o->pid_count; i++)
		if (o->pids[i] == pid)
			return OPUS_OK;
	if (o->pid_count == p->pid_room) {
		p->pid_room = p->pid_room ? p->pid_room * 2 : 8;
		more = realloc(o->pids, p->pid_room * sizeof(*more));
		if (!more)
			return error_set(p->err, OPUS_RESOURCE, "no memory");
		o->pids = more;
	}
	o->pids[o->pid_count++] = pid;
	return OPUS_OK;
}

static enum opus_code arg_add(struct parse *p, const char *text)
{
	size_t size = strlen(text) + 1;
	const char *equals = strchr(text, '=');

	if (!equals || equals == text)
		return error_set(p->err, OPUS_USAGE,
				 "--arg: \"%s\" is not NAME=VALUE", text);
	if (size > sizeof(p->o->args) - p->o->args_size)
		return error_set(p->err, OPUS_USAGE,
				 "--arg: more than %zu bytes of arguments",
				 sizeof(p->o->args));
	memcpy(p->o->args + p->o->args_size, text, size);
	p->o->args_size += (uint32_t)size;
	return OPUS_OK;
}

static enum opus_code duration_set(struct parse *p, const char *name,
				   const char *text, double unit, uint64_t *ret)
{
	if (options_duration(text, unit, ret))
		return OPUS_OK;
	return error_set(p->err, OPUS_USAGE,
			 "--%s: \"%s\" is not a length of time", name, text);
}

static enum opus_code option_set(struct parse *p, int letter, const char *text)
{
	struct options *o = p->o;

	if (!strchr(p->seen, letter))
		p->seen[strlen(p->seen)] = (char)letter;
	switch (letter) {
	case 'p': return pid_add(p, text);
	case 'e': o->exe = text; break;
	case 'a': o->all = true; break;
	case 'T': return pid_parse("tree", text, &o->tree, p->err);
	case 'U': o->unit = text; break;
	case 'd': o->dry_run = true; break;
	case 't': return duration_set(p, "timeout", text, 1e9, &o->timeout_ns);
	case 'n': o->no_wait = true; break;
	case 'm':
		return duration_set(p, "max-pause", text, 1e6, &o->max_pause_ns);
	case 'A': return arg_add(p, text);
	case 'F': o->force_confined = true; break;
	case 'S': o->suspend_seccomp = true; break;
	case 'N': o->no_attach = true; break;
	case 'P': o->persist = true; break;
	case 'B': o->no_barrier = true; break;
	case 'R': o->retry = true; break;
	case 'j': o->json = true; break;
	case 'h': o->help = true; break;
	case 'V': o->version = true; break;
	}
	return OPUS_OK;
}

static enum opus_code options_scan(struct parse *p, int argc, char **argv)
{
	struct option long_options[COUNT(rows) + 1];
	enum opus_code code = OPUS_OK;
	int letter;

	memset(long_options, 0, sizeof(long_options));
	for (size_t i = 0; i < COUNT(rows); i++) {
		long_options[i].name = rows[i].name;
		long_options[i].has_arg = rows[i].argument ? required_argument
							   : no_argument;
		long_options[i].val = rows[i].letter;
	}
	optind = 0; /* start anew: unit tests parse many command lines */
	opterr = 0;
	while (code == OPUS_OK &&
	       (letter = getopt_long(argc, argv, short_options, long_options,
				     NULL)) != -1) {
		if (letter == ':')
			code = error_set(p->err, OPUS_USAGE,
					 "%s needs an argument",
					 argv[optind - 1]);
		else if (letter == '?')
			code = error_set(p->err, OPUS_USAGE,
					 "unknown option %s", argv[optind - 1]);
		else
			code = option_set(p, letter, optarg);
	}
	return code;
}

static enum opus_code verb_find(const char *name, struct options *o,
				struct opus_error *err)
{
	for (size_t i = 0; i < COUNT(verbs); i++) {
		if (strcmp(verbs[i].name, name) == 0) {
			o->verb = (enum options_verb)i;
			return OPUS_OK;
		}
	}
	return error_set(err, OPUS_USAGE, "unknown verb \"%s\"", name);
}

/* Each option must be one of the verb's. */
static enum opus_code seen_check(const struct parse *p)
{
	const struct verb_row *v = &verbs[p->o->verb];

	for (const char *s = p->seen; *s; s++)
		if (!strchr(v->options, *s) && !strchr("jhV", *s))
			return error_set(p->err, OPUS_USAGE,
					 "%s has no option --%s", v->name,
					 row_find(*s)->name);
	return OPUS_OK;
}

static enum opus_code target_check(const struct options *o,
				   struct opus_error *err)
{
	const struct verb_row *v = &verbs[o->verb];
	int ways = (o->pid_count > 0) + (o->exe != NULL) + o->all +
		   (o->tree != 0) + (o->unit != NULL);

	if (ways > 1)
		return error_set(err, OPUS_USAGE,
				 "choose one of --pid, --exe, --tree, --unit and --all");
	if (ways == 0 && strchr(v->options, 'p'))
		return error_set(err, OPUS_USAGE,
				 "%s: which process? give --pid, --exe, --tree, --unit or --all",
				 v->name);
	return OPUS_OK;
}

/* store list | add PATCH | remove NAME | enable NAME | disable NAME */
static enum opus_code action_check(struct options *o, int count, char **words,
				   struct opus_error *err)
{
	static const char *const actions[] = {"list", "add", "remove", "enable",
					      "disable"};
	const char *action = count ? words[0] : "list";
	size_t i = 0;

	while (i < COUNT(actions) && strcmp(actions[i], action) != 0)
		i++;
	if (i == COUNT(actions))
		return error_set(err, OPUS_USAGE, "store: unknown action \"%s\"",
				 action);
	if (i > 0 && count < 2)
		return error_set(err, OPUS_USAGE, "store %s: %s is missing", action,
				 i == 1 ? "PATCH" : "NAME");
	if (count > (i == 0 ? 1 : 2))
		return error_set(err, OPUS_USAGE, "store: what is \"%s\"?",
				 words[i == 0 ? 1 : 2]);
	if (o->exe && i != 1)
		return error_set(err, OPUS_USAGE, "store %s has no option --exe",
				 action);
	o->operand = action;
	o->second = i > 0 ? words[1] : NULL;
	return OPUS_OK;
}

static enum opus_code operands_check(struct options *o, int count, char **words,
				     struct opus_error *err)
{
	const struct verb_row *v = &verbs[o->verb];

	if (o->verb == VERB_STORE)
		return action_check(o, count, words, err);
	if (v->operand && count < 1)
		return error_set(err, OPUS_USAGE, "%s: %s is missing", v->name,
				 v->operand);
	if (count > (v->operand ? 1 : 0))
		return error_set(err, OPUS_USAGE, "%s: what is \"%s\"?",
				 v->name, words[v->operand ? 1 : 0]);
	if (v->operand)
		o->operand = words[0];
	if (o->verb == VERB_REVERT && strlen(o->operand) >= WIRE_NAME)
		return error_set(err, OPUS_USAGE,
				 "revert: no patch has so long a name");
	return OPUS_OK;
}

/* Those that change nothing look at everybody, unless told otherwise. */
static bool is_for_all(enum options_verb verb)
{
	return verb == VERB_STATUS || verb == VERB_LIST || verb == VERB_CHECK ||
	       verb == VERB_SCAN;
}

enum opus_code options_parse(int argc, char **argv, struct options *ret,
			     struct opus_error *err)
{
	struct parse p = {.o = ret, .err = err};
	enum opus_code code;

	memset(ret, 0, sizeof(*ret));
	ret->verb = OPTIONS_VERB_COUNT;
	ret->timeout_ns = OPTIONS_FOREVER - 1; /* not given */
	code = options_scan(&p, argc, argv);
	if (code != OPUS_OK)
		return code;
	if (optind < argc)
		code = verb_find(argv[optind++], ret, err);
	else if (!ret->help && !ret->version)
		code = error_set(err, OPUS_USAGE, "a verb is missing");
	if (code != OPUS_OK || ret->version)
		return code;
	if (ret->help) {
		ret->help_of_verb = ret->verb != OPTIONS_VERB_COUNT;
		return OPUS_OK;
	}
	if (ret->timeout_ns == OPTIONS_FOREVER - 1)
		ret->timeout_ns = verbs[ret->verb].timeout_ns;
	if (is_for_all(ret->verb) &&
	    !ret->pid_count && !ret->exe && !ret->tree && !ret->unit)
		ret->all = true;
	code = seen_check(&p);
	if (code == OPUS_OK)
		code = operands_check(ret, argc - optind, argv + optind, err);
	if (code == OPUS_OK)
		code = target_check(ret, err);
	if (code == OPUS_OK && ret->no_wait && strchr(p.seen, 't'))
		code = error_set(err, OPUS_USAGE,
				 "--no-wait and --timeout exclude each other");
	if (code == OPUS_OK && ret->retry && (ret->no_wait || ret->no_barrier))
		code = error_set(err, OPUS_USAGE,
				 "--retry leaves nothing pending: --no-wait and --no-barrier make no sense with it");
	return code;
}

void options_deinit(struct options *o)
{
	free(o->pids);
	o->pids = NULL;
	o->pid_count = 0;
}

static void help_options(FILE *f, const char *letters)
{
	char left[32];

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct option_row *r = &rows[i];

		if (letters && !strchr(letters, r->letter))
			continue;
		snprintf(left, sizeof(left), "--%s%s%s", r->name,
			 r->argument ? " " : "", r->argument ? r->argument : "");
		if (strchr(short_options, r->letter))
			fprintf(f, "  -%c, %-21s %s\n", r->letter, left, r->text);
		else
			fprintf(f, "      %-21s %s\n", left, r->text);
	}
}

void options_help(FILE *f)
{
	fprintf(f, "usage: opus-send VERB [PATCH|NAME] [OPTION]...\n"
		   "Patch running processes that have libopus-agent.so "
		   "loaded.\n\n");
	for (size_t i = 0; i < COUNT(verbs); i++)
		fprintf(f, "  %-7s %-6s %s\n", verbs[i].name,
			verbs[i].operand ? verbs[i].operand : "",
			verbs[i].summary);
	fprintf(f, "\n  -h, --help     this text\n"
		   "  -V, --version  print the version\n"
		   "\n`opus-send VERB --help` lists the verb's options, "
		   "opus-send(1) tells all.\n");
}

void options_help_verb(FILE *f, enum options_verb verb)
{
	const struct verb_row *v = &verbs[verb];
	char letters[sizeof(rows)];

	fprintf(f, "usage: opus-send %s%s%s %s[OPTION]...\n%s\n\n", v->name,
		v->operand ? " " : "",
		verb == VERB_STORE ? "[list | add PATCH | {remove|enable|disable} NAME]"
		: v->operand ? v->operand : "",
		!strchr(v->options, 'p') ? ""
		: is_for_all(verb)
			? "[--pid P...|--exe PATH|--tree P|--unit NAME|--all] "
			: "{--pid P...|--exe PATH|--tree P|--unit NAME|--all} ",
		v->summary);
	snprintf(letters, sizeof(letters), "%sjh", v->options);
	help_options(f, letters);
	if (v->timeout_ns && v->timeout_ns != OPTIONS_FOREVER)
		fprintf(f, "\nA pending update is cancelled after %llu seconds "
			   "unless --timeout or --no-wait\nsays otherwise.\n",
			(unsigned long long)(v->timeout_ns / 1000000000u));
}

/*
 * output.c - print reports, as text or JSON.
 *
 * Called by:  run.c, verb_inspect.c, send_main.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * Results go to standard output, failures to standard error with what, to
 * whom, why, and what to do next. What a process or an agent says of itself is
 * stripped of control characters before it reaches a terminal.
 */
#include "output.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "json.h"

static bool wants_colour(int fd)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(fd) && !(no && *no) && term && strcmp(term, "dumb") != 0;
}

void output_init(struct output *out, const struct options *o)
{
	memset(out, 0, sizeof(*out));
	out->o = o;
	if (o->json) {
		out->root = json_root(o, &out->targets);
	} else {
		out->colour = wants_colour(STDOUT_FILENO);
		out->colour_error = wants_colour(STDERR_FILENO);
	}
}

const char *output_red(bool on)
{
	return on ? "\033[31m" : "";
}

const char *output_bold(bool on)
{
	return on ? "\033[1m" : "";
}

const char *output_dim(bool on)
{
	return on ? "\033[2m" : "";
}

const char *output_plain(bool on)
{
	return on ? "\033[0m" : "";
}

/* One of a few buffers in turn, so that printf can have several at once. */
static char *buffer_next(void)
{
	static char buffers[8][256];
	static unsigned int next;

	return buffers[next++ % 8];
}

const char *output_time(uint64_t ns)
{
	static const struct {
		double size;
		const char *name;
	} units[] = {{1e9, "s"}, {1e6, "ms"}, {1e3, "us"}};
	char *text = buffer_next();

	for (size_t i = 0; i < 3; i++) {
		double value = (double)ns / units[i].size;

		if (value < 1 && i < 2)
			continue;
		snprintf(text, 256, "%.*f %s", value < 10 ? 2 : value < 100 ? 1 : 0,
			 value, units[i].name);
		break;
	}
	return text;
}

const char *output_count(uint64_t number, const char *what)
{
	char *text = buffer_next();

	snprintf(text, 256, "%llu %s%s", (unsigned long long)number, what,
		 number == 1				? ""
		 : strcmp(what, "patch") == 0 ? "es"
					      : "s");
	return text;
}

/* Terminals also take those of ISO 6429 behind DEL, such as CSI, in UTF-8: there
 * they are two bytes, the first of which is replaced, and the other is no text. */
static bool is_control(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	return *s < ' ' || *s == 0x7f || (*s == 0xc2 && s[1] >= 0x80 && s[1] < 0xa0);
}

const char *output_clean(const char *text)
{
	char *copy = buffer_next();

	snprintf(copy, 256, "%s", text);
	for (char *s = copy; *s; s++)
		if (is_control(s))
			*s = '?';
	return copy;
}

/* "1234 (server)", or "1234" where the name is unknown. */
static const char *who(const struct report *r)
{
	char *text = buffer_next();

	snprintf(text, 256, r->t->status.name[0] ? "%d (%s)" : "%d", r->t->pid,
		 r->t->status.name);
	return text;
}

void output_message(FILE *f, const char *text)
{
	for (; *text; text++)
		fputc(*text != '\n' && is_control(text) ? '?' : *text, f);
}

static void print_failure(const struct output *out, const struct report *r)
{
	const char *hint = report_hint(r->error.code);

	fflush(stdout);
	fprintf(stderr, "%sopus-send: %s: %s:%s ",
		output_red(out->colour_error), options_verb_name(out->o->verb),
		who(r), output_plain(out->colour_error));
	output_message(stderr, r->error.text[0] ? r->error.text
					     : code_text(r->error.code));
	fputc('\n', stderr);
	for (size_t i = 0; i < r->thread_count; i++)
		output_thread(stderr, &r->threads[i].thread, "  ");
	if (hint)
		fprintf(stderr, "  %s\n", hint);
}

/* What an update did, in one line. */
static void print_update(const struct output *out, const struct report *r)
{
	const struct wire_result *w = &r->result;
	bool revert = out->o->verb == VERB_REVERT;
	const char *name = w->patch[0] ? w->patch : out->o->operand;

	printf("%s: %s%s%s", who(r), output_bold(out->colour),
	       output_clean(name), output_plain(out->colour));
	if (r->error.code == OPUS_ALREADY) {
		printf("%s\n", revert ? " is not applied: nothing to revert"
				      : " is applied already");
		return;
	}
	if (out->o->dry_run)
		printf(" could be %s now: ", revert ? "reverted" : "applied");
	else
		printf(" %s: ", revert ? "reverted" : "applied");
	printf("%s, %s stopped for %s", output_count(w->functions, "function"),
	       output_count(w->threads, "thread"), output_time(w->pause_ns));
	if (r->was_pending)
		printf(", waited %s for threads to leave",
		       output_time(w->pending_ns));
	printf("; %s in all\n", output_time(w->total_ns));
}

/* As asked with --no-wait, so no failure for a person's eye. */
static void print_pending(const struct output *out, const struct report *r)
{
	const char *name = r->result.patch[0] ? r->result.patch : out->o->operand;

	printf("%s: %s%s%s is pending: %s inside\n", who(r),
	       output_bold(out->colour), output_clean(name ? name : "an update"),
	       output_plain(out->colour),
	       output_count(r->result.unsafe, "thread"));
	for (size_t i = 0; i < r->thread_count; i++)
		output_thread(stdout, &r->threads[i].thread, "  ");
	printf("  %s\n", report_hint(OPUS_PENDING));
}

static const char *agent_state(uint32_t flags)
{
	if (flags & BEACON_OFF)
		return "switched off";
	if (flags & BEACON_PENDING)
		return "update pending";
	return flags & BEACON_ACTIVE ? "active" : "dormant";
}

static void print_status(const struct output *out, const struct report *r)
{
	const struct beacon *b = &r->t->beacon;

	printf("%s%s%s: agent %s, %s%s, signal %u%s\n", output_bold(out->colour),
	       who(r), output_plain(out->colour), output_clean(b->agent),
	       agent_state(b->flags),
	       b->flags & BEACON_INJECTED ? ", injected" : "", b->signal,
	       b->pid != r->t->status.inner_pid ? ", forked" : "");
	if (b->flags & BEACON_OFF && b->off_reason[0])
		printf("  reason: %s\n", output_clean(b->off_reason));
	for (uint32_t i = 0; i < b->patches; i++)
		printf("  %-9s  %s  (%s)\n", report_state_json(b->patch[i].state),
		       output_clean(b->patch[i].name),
		       output_count(b->patch[i].functions, "function"));
	if (b->patches == BEACON_PATCHES)
		printf("  ... (`opus-send list` shows all)\n");
}

static const char *print_date(uint64_t at_ns)
{
	time_t seconds = (time_t)(at_ns / 1000000000u);
	char *text = buffer_next(), date[64];
	struct tm tm;

	strftime(date, sizeof(date), "%F %T", localtime_r(&seconds, &tm));
	snprintf(text, 256, "%s.%03u", date,
		 (unsigned int)(at_ns / 1000000u % 1000u));
	return text;
}

static void print_list(const struct output *out, const struct report *r)
{
	size_t width = 0;

	printf("%s%s%s: %s\n", output_bold(out->colour), who(r),
	       output_plain(out->colour),
	       r->patch_count ? output_count(r->patch_count, "patch")
			      : "no patches");
	for (size_t i = 0; i < r->patch_count; i++)
		if (strlen(r->patches[i].name) > width)
			width = strlen(r->patches[i].name);
	for (size_t i = 0; i < r->patch_count; i++) {
		const struct wire_patch *p = &r->patches[i];

		printf("  %-9s  %-*s  %s  %s%s%s", report_state_json(p->state),
		       (int)width, output_clean(p->name),
		       print_date(p->changed_at_ns),
		       output_count(p->functions, "function"),
		       p->labels[0] ? "  " : "", output_clean(p->labels));
		if (p->shadowed)
			printf("  (%u of them replaced by a newer patch)",
			       p->shadowed);
		printf("\n");
	}
}

static void print_why(const struct output *out, const struct report *r)
{
	if (!r->has_result) {
		printf("%s: no update is pending\n", who(r));
		return;
	}
	printf("%s: %s%s%s has been pending for %s, because of %s\n", who(r),
	       output_bold(out->colour),
	       r->result.patch[0] ? output_clean(r->result.patch) : "an update",
	       output_plain(out->colour), output_time(r->result.pending_ns),
	       output_count(r->thread_count, "thread"));
	for (size_t i = 0; i < r->thread_count; i++) {
		output_thread(stdout, &r->threads[i].thread, "  ");
		output_frames(out, &r->threads[i]);
	}
}

static void print_log(const struct output *out, const struct report *r)
{
	printf("%s%s%s: %s\n", output_bold(out->colour), who(r),
	       output_plain(out->colour),
	       r->line_count ? "log of its agent" : "the agent's log is empty");
	for (size_t i = 0; i < r->line_count; i++)
		printf("  %s%s%s  %s\n", output_dim(out->colour),
		       print_date(r->lines[i].at_ns), output_plain(out->colour),
		       output_clean(r->lines[i].text));
}

static void print_ended(const struct report *r, const char *what)
{
	printf("%s: %s\n", who(r), r->error.text[0] ? output_clean(r->error.text)
						    : what);
}

/* Results of the update follow, or the reason why there is none. */
static void print_join(const struct report *r)
{
	printf("%d (%s): had no agent: loaded in %s (thread %d was stopped for "
	       "%s)\n", r->t->pid, r->t->status.name,
	       output_time(r->join.total_ns), r->join.thread,
	       output_time(r->join.pause_ns));
	fflush(stdout);
}

static void print_report(const struct output *out, const struct report *r)
{
	if (r->joined)
		print_join(r);
	if (r->error.code == OPUS_PENDING && out->o->no_wait) {
		print_pending(out, r);
		return;
	}
	if (code_status(r->error.code) != 0) {
		print_failure(out, r);
		return;
	}
	switch (out->o->verb) {
	case VERB_APPLY:
	case VERB_REVERT: print_update(out, r); break;
	case VERB_STATUS: print_status(out, r); break;
	case VERB_LIST: print_list(out, r); break;
	case VERB_WHY: print_why(out, r); break;
	case VERB_LOG: print_log(out, r); break;
	case VERB_CHECK: print_ended(r, "runs the patch"); break;
	case VERB_WAIT:
		print_ended(r, r->error.code == OPUS_ALREADY
				       ? "no update is pending"
				       : "the update got through");
		break;
	case VERB_CANCEL: print_ended(r, "the update was cancelled"); break;
	default: break;
	}
}

void output_report(struct output *out, const struct report *r)
{
	out->reports++;
	if (out->root)
		json_object_array_add(out->targets, json_report(out->o, r));
	else
		print_report(out, r);
}

void output_plan(struct output *out, const struct patch_file *f)
{
	if (out->root)
		json_object_object_add(out->root, "plan", json_plan(f));
	else
		output_plan_text(out, f);
}

static void end_json(struct output *out, enum opus_code code,
		     const struct opus_error *err, const struct hidden *hidden)
{
	json_code(out->root, code, err);
	if (hidden && hidden->count)
		json_object_object_add(out->root, "hidden",
				       json_object_new_uint64(hidden->count));
	if (out->bare)
		json_object_object_add(out->root, "without_agent",
				       json_object_new_uint64(out->bare));
	printf("%s\n", json_object_to_json_string_ext(
			       out->root, JSON_C_TO_STRING_PRETTY |
						  JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(out->root);
	out->root = out->targets = NULL;
}

/* A process that was started by a patched one, as a session is, may be another
 * program and have no agent. */
static void print_bare(const struct output *out)
{
	const struct options *o = out->o;
	char where[300];

	if (!out->bare)
		return;
	if (o->tree)
		snprintf(where, sizeof(where), "--tree %d", (int)o->tree);
	else
		snprintf(where, sizeof(where), "--unit %.250s", o->unit);
	fprintf(stderr, "opus-send: %zu more %s no agent: `opus-send scan %s` lists "
			"them, `opus-send apply` brings one in\n", out->bare,
		out->bare == 1 ? "process has" : "processes have", where);
}

void output_end(struct output *out, enum opus_code code,
		const struct opus_error *err, const struct hidden *hidden)
{
	const char *hint = out->o->verb == VERB_STORE && code == OPUS_NO_PATCH
		? "`opus-send store` shows what is in it" : report_hint(code);
	char who[HIDDEN_TEXT];

	if (out->root) {
		end_json(out, code, err, hidden);
		return;
	}
	fflush(stdout);
	if (err) {
		fprintf(stderr, "%sopus-send: %s:%s ",
			output_red(out->colour_error),
			options_verb_name(out->o->verb),
			output_plain(out->colour_error));
		output_message(stderr, err->text[0] ? err->text : code_text(code));
		fputc('\n', stderr);
		if (hint)
			fprintf(stderr, "  %s\n", hint);
		return;
	}
	print_bare(out);
	/* Those of other programs are no part of --exe. */
	if (hidden && hidden->count && (geteuid() || !out->o->exe)) {
		hidden_describe(hidden, who);
		fprintf(stderr, "opus-send: %s could not be looked at%s\n", who,
			geteuid() ? "; run as root to include them" : "");
	}
}

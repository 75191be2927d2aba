/*
 * output.h - print reports, as text or JSON.
 *
 * Included by: injector/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_OUTPUT_H
#define OPUS_OUTPUT_H

#include "report.h"

struct json_object;

struct output {
	const struct options *o;
	bool colour;              /* on standard output */
	bool colour_error;        /* on standard error */
	size_t reports;           /* printed so far */
	size_t bare;             /* set by run.c, see struct target_list */
	struct json_object *root; /* with --json, else NULL */
	struct json_object *targets;
};

void output_init(struct output *out, const struct options *o);

/* One target. Text is printed at once, JSON with output_end(). */
void output_report(struct output *out, const struct report *r);

/* A plan (verb inspect). */
void output_plan(struct output *out, const struct patch_file *f);

/*
 * The end of the command. `err` is a failure that concerns no single target,
 * NULL if there was none; `hidden` those that could not be looked at, or NULL.
 */
void output_end(struct output *out, enum opus_code code,
		const struct opus_error *err, const struct hidden *hidden);

/* --- shared by output.c and its parts ---------------------------------- */

/* "\033[..m" if `on`, else "". */
const char *output_red(bool on);
const char *output_bold(bool on);
const char *output_dim(bool on);
const char *output_plain(bool on);

/* "12 us", "3.4 ms", "1.2 s": three digits at most, in a buffer that is
 * good for the next four calls. */
const char *output_time(uint64_t ns);

/* "1 thread", "3 threads", "2 patches"; same kind of buffer. */
const char *output_count(uint64_t number, const char *what);

/* Copy for a terminal: control characters become '?'. Same kind of buffer,
 * cut at 255 characters. */
const char *output_clean(const char *text);

/* The same of any length, to `f`; lines stay. */
void output_message(FILE *f, const char *text);

/* output_thread.c: one line on a thread that is unsafe, and its backtrace. */
void output_thread(FILE *f, const struct wire_thread *t, const char *indent);
void output_frames(const struct output *out, const struct report_thread *t);

/* output_plan.c */
void output_plan_text(const struct output *out, const struct patch_file *f);

#endif

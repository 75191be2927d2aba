/*
 * report.h - what a command found out, before it becomes text or JSON.
 *
 * Included by: injector/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 *
 * The verbs fill in reports and print nothing; output.c and json.c print them
 * and ask nobody. Both therefore always say the same.
 */
#ifndef OPUS_REPORT_H
#define OPUS_REPORT_H

#include "client.h"
#include "inject.h"
#include "options.h"
#include "patch_file.h"
#include "target.h"

/* One frame of a thread, named from outside the process. */
struct report_frame {
	uint64_t address;
	uint64_t offset;   /* from the symbol, or from the module's start */
	char *symbol;      /* NULL unknown */
	char *module;      /* NULL unknown; file name without folders */
	char *file;        /* NULL unknown */
	int line;
	bool old;          /* lies in the function that is to be replaced */
};

struct report_thread {
	struct wire_thread thread;
	struct report_frame *frames; /* thread.frames of them, or NULL */
};

/* Growing arrays: `items` of `count`. The caller of report_add_*() sees
 * nothing of it. */
struct report {
	const struct target *t;
	struct opus_error error;   /* code OPUS_OK: success */
	bool has_beacon;           /* t->beacon is valid */
	bool has_result;
	bool was_pending;          /* the update had to wait for threads */
	bool joined;               /* the agent was brought in for this */
	struct inject_report join;
	struct wire_result result;
	struct wire_patch *patches;
	size_t patch_count;
	struct report_thread *threads;
	size_t thread_count;
	struct wire_line *lines;
	size_t line_count;
};

void report_init(struct report *r, const struct target *t);
void report_deinit(struct report *r);

/* Add a message of the agent: PATCH, THREAD or LINE; others are ignored. Fits
 * client_take. Lost silently when there is no memory. */
void report_take(void *report, const union client_message *m);

/* Forget the threads, before a newer list of them. */
void report_clear_threads(struct report *r);

/* One code for several: the common one, or OPUS_SOME_FAILED if they differ in
 * exit status. Successes of both kinds are OPUS_OK. */
enum opus_code report_fold(const enum opus_code *codes, size_t count);

/* What a person should do about a failure; NULL if nothing can be said. */
const char *report_hint(enum opus_code code);

/* Text for a patch state of enum wire_patch_state. */
const char *report_state_text(uint32_t state);
const char *report_state_json(uint32_t state);

#endif

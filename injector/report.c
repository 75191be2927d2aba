/*
 * report.c - what a command found out, before it becomes text or JSON.
 *
 * Called by:  run.c, the verbs, output.c, json.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include "report.h"

#include <stdlib.h>
#include <string.h>

void report_init(struct report *r, const struct target *t)
{
	memset(r, 0, sizeof(*r));
	r->t = t;
}

static void thread_deinit(struct report_thread *t)
{
	for (uint32_t i = 0; t->frames && i < t->thread.frames; i++) {
		free(t->frames[i].symbol);
		free(t->frames[i].module);
		free(t->frames[i].file);
	}
	free(t->frames);
}

void report_clear_threads(struct report *r)
{
	for (size_t i = 0; i < r->thread_count; i++)
		thread_deinit(&r->threads[i]);
	free(r->threads);
	r->threads = NULL;
	r->thread_count = 0;
}

void report_deinit(struct report *r)
{
	report_clear_threads(r);
	free(r->patches);
	free(r->lines);
	memset(r, 0, sizeof(*r));
}

/* Make room for one more at the end of an array and zero it; NULL if there is
 * no memory. `items` and `count` change only on success. */
#define ARRAY_ADD(items, count)                                                \
	({                                                                     \
		__typeof__(items) more_ =                                      \
			realloc(items, ((count) + 1) * sizeof(*(items)));      \
		if (more_) {                                                   \
			items = more_;                                         \
			memset(&items[count], 0, sizeof(*(items)));            \
			more_ = &items[(count)++];                             \
		}                                                              \
		more_;                                                         \
	})

void report_take(void *report, const union client_message *m)
{
	struct report *r = report;
	struct report_thread *thread;
	struct wire_patch *patch;
	struct wire_line *line;

	switch (m->head.type) {
	case WIRE_PATCH:
		patch = ARRAY_ADD(r->patches, r->patch_count);
		if (patch)
			*patch = m->patch;
		break;
	case WIRE_THREAD:
		thread = ARRAY_ADD(r->threads, r->thread_count);
		if (thread)
			thread->thread = m->thread;
		break;
	case WIRE_LINE:
		line = ARRAY_ADD(r->lines, r->line_count);
		if (line)
			*line = m->line;
		break;
	default:
		break;
	}
}

enum opus_code report_fold(const enum opus_code *codes, size_t count)
{
	int status;

	if (count == 0)
		return OPUS_OK;
	status = code_status(codes[0]);
	for (size_t i = 1; i < count; i++)
		if (code_status(codes[i]) != status)
			return OPUS_SOME_FAILED;
	/* Same exit status, perhaps for different reasons. */
	for (size_t i = 1; i < count; i++)
		if (codes[i] != codes[0])
			return status == 0 ? OPUS_OK : codes[0];
	return codes[0];
}

const char *report_hint(enum opus_code code)
{
	switch (code) {
	case OPUS_NO_AGENT:
		return "`opus-run` starts it with one; `opus-send scan` tells "
		       "what would be in the way";
	case OPUS_NO_PATCH:
		return "`opus-send list` shows the patches of a process";
	case OPUS_INVALID:
		return "build the patch again with opus-build, or copy it again";
	case OPUS_NO_MATCH:
		return "build the patch for the very build that runs; "
		       "`opus-send inspect` shows for which it is";
	case OPUS_BYTES_DIFFER:
		return "another tool has changed this code, or the patch was "
		       "built from another file";
	case OPUS_BUSY:
	case OPUS_CANCELLED:
		return "try again with a longer --timeout, or with --no-wait "
		       "and look at `opus-send why`";
	case OPUS_PENDING:
		return "`opus-send why` shows who holds it up; `wait` and "
		       "`cancel` end it";
	case OPUS_OTHER_UPDATE:
		return "`opus-send why` shows who holds that one up";
	case OPUS_NO_ANSWER:
		return "nothing was changed; try again, with a longer "
		       "--max-pause if it stays so";
	case OPUS_SILENT:
		return "nothing was changed; try again when that file system is back";
	case OPUS_CONFINED:
		return "root may have the filters suspended meanwhile: "
		       "--suspend-seccomp";
	case OPUS_ORDER:
		return "revert the newer patch first";
	case OPUS_INCONSISTENT:
		return "restart the process as soon as you can";
	default:
		return NULL;
	}
}

static const struct {
	const char *json;
	const char *text;
} states[] = {
#define X(name, json, text) {json, text},
	WIRE_STATES(X)
#undef X
};

const char *report_state_text(uint32_t state)
{
	return state < WIRE_PATCH_STATE_COUNT ? states[state].text : "unknown";
}

const char *report_state_json(uint32_t state)
{
	return state < WIRE_PATCH_STATE_COUNT ? states[state].json : "unknown";
}

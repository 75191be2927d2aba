/*
 * output_thread.c - an unsafe thread and its backtrace, as text.
 *
 * Called by:  output.c, progress.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include "output.h"

void output_thread(FILE *f, const struct wire_thread *t, const char *indent)
{
	fprintf(f, "%sthread %d", indent, t->tid);
	if (t->comm[0])
		fprintf(f, " (%s)", output_clean(t->comm));
	/* "is inside the function": name it. */
	if (t->reason == OPUS_WHY_INSIDE && t->name[0])
		fprintf(f, " is inside %s", output_clean(t->name));
	else if (t->name[0])
		fprintf(f, " %s: %s", reason_text(t->reason),
			output_clean(t->name));
	else
		fprintf(f, " %s", reason_text(t->reason));
	fprintf(f, ", for %s\n", output_time(t->since_ns));
}

void output_frames(const struct output *out, const struct report_thread *t)
{
	for (uint32_t i = 0; t->frames && i < t->thread.frames; i++) {
		const struct report_frame *r = &t->frames[i];

		printf("  %s%s #%-2u 0x%012llx  ", output_bold(r->old && out->colour),
		       r->old ? "=>" : "  ", i, (unsigned long long)r->address);
		if (r->symbol)
			printf("%s+0x%llx", output_clean(r->symbol),
			       (unsigned long long)r->offset);
		else if (r->module)
			printf("+0x%llx", (unsigned long long)r->offset);
		else
			printf("?");
		if (r->module)
			printf(" in %s", output_clean(r->module));
		if (r->file)
			printf(", %s:%d", output_clean(r->file), r->line);
		printf("%s%s\n", r->old ? "  <- to be replaced" : "",
		       output_plain(r->old && out->colour));
	}
	if (t->frames && !t->thread.complete)
		printf("     ... the rest of the stack could not be read\n");
}

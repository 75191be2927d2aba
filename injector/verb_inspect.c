/*
 * verb_inspect.c - print what a patch file contains.
 *
 * Called by:  send_main.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include "run.h"

enum opus_code verb_inspect(const struct options *o, struct output *out)
{
	struct opus_error err = {0};
	struct patch_file f;
	enum opus_code code;

	code = patch_file_init(&f, o->operand, &err);
	if (code == OPUS_OK)
		output_plan(out, &f);
	output_end(out, code, code != OPUS_OK ? &err : NULL, NULL);
	patch_file_deinit(&f);
	return code;
}

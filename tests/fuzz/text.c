/*
 * text.c - fuzz what cuts up and changes preprocessed sources.
 *
 * Called by:  libFuzzer; see tests/fuzz/run.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "builder/edit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct build b = {0};
	struct text t = {0};
	struct edits edits = {.b = &b, .text = &t};
	char *bytes = malloc(size + 1), *out = NULL;
	size_t out_size;
	FILE *f;

	memcpy(bytes, data, size);
	bytes[size] = 0;
	if (text_init(&t, bytes, size, NULL) != OPUS_OK)
		return 0;
	for (size_t i = 0; i < t.tokens; i++) {
		if (t.token[i].at + t.token[i].length > size ||
		    t.token[i].file >= t.files + (t.files == 0))
			abort();
		if (token_is(&t, i, "(") || token_is(&t, i, "{") || token_is(&t, i, "["))
			if (token_closing(&t, i) > t.tokens)
				abort();
		if (token_is(&t, i, ")") || token_is(&t, i, "}"))
			token_opening(&t, i);
		declaration_start(&t, i);
		declarator_end(&t, t.token[i].at);
	}
	edit_common(&edits);
	edit_nameless(&edits);
	f = open_memstream(&out, &out_size);
	edit_write(&edits, f);
	fclose(f);
	free(out);
	edit_deinit(&edits);
	text_deinit(&t);
	for (size_t i = 0; i < b.texts; i++)
		free(b.text[i]);
	free(b.text);
	return 0;
}

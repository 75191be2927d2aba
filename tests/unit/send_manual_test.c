/*
 * send_manual_test.c - opus-send(1) and the lists in the code agree.
 *
 * Called by:  tests/run, in the top folder of the source tree.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "common/codes.h"
#include "injector/options.h"
#include "injector/proc.h"

#define PAGE "docs/man/opus-send.1"

static char *page(void)
{
	char *text = proc_file_read(PAGE, NULL);

	cr_assert_not_null(text, "cannot read %s", PAGE);
	return text;
}

/* Rows of the table, in the order of the list, and no others. */
Test(manual, table_of_codes)
{
	char *text = page(), row[256];
	const char *at = strstr(text, ".It Em status");

#define X(name, status, json, words)                                           \
	snprintf(row, sizeof(row), ".It %d Ta %s Ta %s\n", status, json, words); \
	at = strchr(at, '\n') + 1;                                             \
	cr_assert_eq(strncmp(at, row, strlen(row)), 0, "should be: %s", row);
	OPUS_CODES(X)
#undef X
	at = strchr(at, '\n') + 1;
	cr_assert_eq(strncmp(at, ".El", 3), 0, "a row too many: %.40s", at);
	free(text);
}

Test(manual, verbs_and_options)
{
	char *text = page(), word[64];

#define V(VERB, name, operand, options, timeout, summary)                      \
	snprintf(word, sizeof(word), ".It Cm %s", name);                       \
	cr_expect(strstr(text, word), "verb %s is not described", name);
	OPTIONS_VERBS(V)
#undef V
#define O(letter, name, argument, words)                                       \
	snprintf(word, sizeof(word), "Fl -%s", name);                          \
	cr_expect(strstr(text, word), "option --%s is not described", name);
	OPTIONS_LIST(O)
#undef O
	free(text);
}

/*
 * audit_test.c - the record of the journal, whatever is in a name.
 *
 * Called by:  tests/run.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "common/audit.h"

static char text[2048];

static struct audit record(const char *patch, const struct opus_error *result)
{
	return (struct audit){.action = "apply", .patch = patch, .pid = 7,
			      .command = "server", .pause_ns = 12,
			      .result = result};
}

Test(audit, fields)
{
	struct opus_error ok = {.code = OPUS_OK};
	struct audit a = record("fix", &ok);

	cr_assert_eq(audit_format(&a, text, sizeof(text)), strlen(text));
	cr_expect(strstr(text, "MESSAGE=apply of patch fix in process 7 (server) by uid"));
	cr_expect(strstr(text, "\nPRIORITY=5\n"));
	cr_expect(strstr(text, "\nOPUS_PATCH=fix\n"));
	cr_expect(strstr(text, "\nOPUS_TARGET_PID=7\n"));
	cr_expect(strstr(text, "\nOPUS_RESULT=ok\n"));
	cr_expect(strstr(text, "\nOPUS_PAUSE_NS=12\n"));
	cr_expect(!strstr(text, "OPUS_REASON"));
}

Test(audit, refused)
{
	struct opus_error err;
	struct audit a = record("fix", &err);

	(void)!error_set(&err, OPUS_BUSY, "1 thread inside");
	audit_format(&a, text, sizeof(text));
	cr_expect(strstr(text, "\nPRIORITY=4\n"));
	cr_expect(strstr(text, "\nOPUS_RESULT=busy\n"));
	cr_expect(strstr(text, "\nOPUS_REASON=1 thread inside\n"));
}

Test(audit, no_field_of_others)
{
	struct opus_error ok = {.code = OPUS_OK};
	struct audit a = record("a\nOPUS_RESULT=forged\nB", &ok);

	audit_format(&a, text, sizeof(text));
	cr_expect(!strstr(text, "\nOPUS_RESULT=forged"));
}

Test(audit, any_room)
{
	struct opus_error ok = {.code = OPUS_OK};
	struct audit a = record("fix", &ok);

	for (size_t size = 1; size < 400; size++) {
		char *small = malloc(size);

		small[0] = '\0';
		cr_assert_lt(audit_format(&a, small, size), size);
		free(small);
	}
}

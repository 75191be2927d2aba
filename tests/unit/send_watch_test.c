/*
 * send_watch_test.c - looks that end, that never end, and that kill their helper.
 *
 * Called by:  tests/run.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <unistd.h>

#include "injector/watch.h"

static void square(void *data, size_t i, void *ret)
{
	const char *how = data;

	watch_note("number");
	if (how[i] == 's')
		pause();
	if (how[i] == 'k')
		raise(SIGKILL);
	/* What reads our output does not wait for a helper that is given up. */
	*(uint64_t *)ret = i * i + (fcntl(STDOUT_FILENO, F_GETFD) >= 0 ? 1000 : 0);
}

Test(watch, what_does_not_answer_is_left_out)
{
	char how[] = "..s.k.s.";
	struct watch w;

	cr_assert(watch_init(&w, square, how, sizeof(how) - 1, sizeof(uint64_t)));
	for (size_t i = 0; i < sizeof(how) - 1; i++) {
		const uint64_t *result = watch_result(&w, i);

		cr_assert_eq(w.silent[i], how[i] != '.');
		cr_assert_eq(*result, how[i] == '.' ? i * i : 0);
		cr_assert_str_eq(w.notes[i], how[i] == '.' ? "" : "number");
	}
	cr_assert(!w.interrupted);
	watch_deinit(&w);
}

Test(watch, one)
{
	char how[] = ".", note[WATCH_NOTE] = "";
	struct opus_error err;
	uint64_t result = 7;

	cr_assert(watch_one(square, how, &result, sizeof(result), note));
	cr_assert_eq(result, 0);
	how[0] = 's';
	result = 7;
	cr_assert(!watch_one(square, how, &result, sizeof(result), note));
	cr_assert_eq(result, 7);
	cr_assert_str_eq(note, "number");
	cr_assert_eq(watch_silent(note, &err), OPUS_SILENT);
}

/*
 * store_test.c - how the starts of a program are understood.
 *
 * Called by:  tests/run.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "common/store.h"

/* Processes below 100 are gone. */
static bool lives(pid_t pid)
{
	return pid >= 100;
}

static struct store_starts starts;

static uint32_t deaths(const char *text, uint64_t now_ms)
{
	store_starts_read(text, now_ms, lives, &starts);
	return starts.deaths;
}

Test(store, deaths_in_a_row)
{
	cr_expect_eq(deaths("", 0), 0);
	cr_expect_eq(deaths("S 1 1000\n", 2000), 1);
	cr_expect_eq(deaths("S 1 1000\nS 2 2000\nS 3 3000\n", 4000), 3);
}

Test(store, a_live_process_is_no_death)
{
	cr_expect_eq(deaths("S 1 1000\nS 100 2000\nS 3 3000\n", 4000), 2);
}

Test(store, an_end_breaks_the_row)
{
	cr_expect_eq(deaths("S 1 1000\nS 2 2000\nE 2\nS 3 3000\n", 4000), 1);
	cr_expect_eq(deaths("S 1 1000\nS 2 2000\nX 2\nS 3 3000\n", 4000), 2);
}

Test(store, a_daemon_that_dies)
{
	cr_expect_eq(deaths("S 1 1000\nS 2 1001\nX 1\nS 3 2000\nX 3\nS 4 2001\n"
			    "S 5 3000\nS 6 3001\nX 5\n", 4000), 3);
}

/* A server that starts itself anew for each connection: few sessions die. */
Test(store, sessions_that_go_well_break_the_row)
{
	cr_expect_eq(deaths("S 1 1000\nS 2 2000\nS 3 2100\nX 2\nX 3\nS 4 3000\n"
			    "S 5 3100\nX 5\nS 6 3200\nX 6\nS 7 3300\n", 4000), 1);
	cr_expect_eq(deaths("S 1 1000\nS 2 2000\nS 3 3000\n"
			    "S 4 3100\nX 4\nS 5 3200\nX 5\n", 4000), 0);
}

Test(store, a_long_life_breaks_the_row)
{
	cr_expect_eq(deaths("S 1 1000\nS 2 2000\n", 2000 + STORE_SOON_MS + 1), 0);
	cr_expect_eq(deaths("S 1 1000\nS 2 90000\nS 3 91000\n", 92000), 2);
}

Test(store, the_clock_began_anew)
{
	cr_expect_eq(deaths("S 1 5000\nS 2 6000\nS 3 100\n", 200), 1);
	cr_expect_eq(deaths("S 1 5000\nS 2 6000\n", 100), 0);
}

Test(store, set_aside)
{
	cr_expect_eq(deaths("S 1 1000\nS 2 2000\nA 7\nS 3 3000\n", 4000), 1);
	cr_assert_eq(starts.aside_count, 1);
	cr_expect_eq(starts.aside[0], 7);
}

Test(store, nonsense_is_left_out)
{
	cr_expect_eq(deaths("S\nQ 1 2\nS x y\n\nS 1 1000\nS 2 20", 2000), 1);
	for (int i = 0; i < 40; i++)
		cr_expect_eq(deaths("A 1\nA 2\nA 3\nA 4\nA 5\nA 6\nA 7\nA 8\nA 9\n"
				    "A 1\nA 2\nA 3\nA 4\nA 5\nA 6\nA 7\nA 8\nA 9\n"
				    "A 1\nA 2\nA 3\nA 4\nA 5\nA 6\nA 7\nA 8\nA 9\n"
				    "A 1\nA 2\nA 3\nA 4\nA 5\nA 6\nA 7\nA 8\nA 9\n",
				    0), 0);
	cr_expect_eq(starts.aside_count, STORE_ASIDE_MAX);
}

Test(store, names)
{
	char hex[STORE_ID];

	cr_expect_eq(store_number("000007-fix.opus"), 7);
	cr_expect_eq(store_number("fix.opus"), 0);
	cr_expect_eq(store_number("7.opus"), 0);
	cr_expect(store_has_suffix("000007-fix.opus", STORE_ON_SUFFIX));
	cr_expect(!store_has_suffix(".opus", STORE_ON_SUFFIX));
	cr_expect(!store_has_suffix("000007-fix.opus.new", STORE_ON_SUFFIX));
	store_hex((const uint8_t *)"\x01\xfe", 2, hex);
	cr_expect_str_eq(hex, "01fe");
}

/*
 * send_shadow_test.c - what a borrowed thread finds on its shadow stack.
 *
 * Called by:  tests/run.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe.
 *
 * The processors and kernels at hand have none, so kernel and processor are
 * played here: a `ret` takes a word and holds it against the stack's, and
 * rt_sigreturn(2) takes a word with bit 63 (arch/x86/kernel/shstk.c).
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "injector/shadow.h"

#define BASE 0x7ffff000ull
#define HOME 0x401234ull
#define WORDS 16

static uint64_t stack[WORDS], pointer;
static bool has_one, writable, settable;

static bool play_get(pid_t tid, uint64_t *ret)
{
	cr_assert_eq(tid, 42);
	*ret = pointer;
	return has_one;
}

static bool play_set(pid_t tid, uint64_t value)
{
	cr_assert_eq(tid, 42);
	if (settable)
		pointer = value;
	return settable;
}

static bool play_write(pid_t tid, uint64_t at, const void *bytes, size_t size)
{
	cr_assert_eq(tid, 42);
	cr_assert(at >= BASE && at + size <= BASE + sizeof(stack));
	if (writable)
		memcpy((char *)stack + (at - BASE), bytes, size);
	return writable;
}

static void play(void)
{
	const struct shadow_kernel k = {play_get, play_set, play_write};

	shadow_kernel = k;
	has_one = writable = settable = true;
	for (size_t i = 0; i < WORDS; i++)
		stack[i] = 0x400000 + i; /* return addresses */
	pointer = BASE + 8 * sizeof(stack[0]);
}

static uint64_t take(void)
{
	uint64_t word = stack[(pointer - BASE) / sizeof(word)];

	pointer += sizeof(word);
	return word;
}

Test(shadow, a_return_and_sigreturn_lead_back, .init = play)
{
	struct shadow s;
	uint64_t word;

	shadow_look(&s, 42);
	cr_assert(shadow_enter(&s, 42, HOME));
	/* Functions that it is made to call in between. */
	pointer -= 8;
	stack[(pointer - BASE) / 8] = 0x405678;
	cr_assert_eq(take(), 0x405678);
	cr_assert_eq(take(), HOME, "`ret`");
	word = take(); /* rt_sigreturn(2) */
	cr_assert_neq(word & 1ull << 63, 0);
	pointer = word & ~(1ull << 63);
	cr_assert_eq(take(), 0x400008, "its own next `ret`");
}

Test(shadow, what_lies_above_stays, .init = play)
{
	struct shadow s;

	shadow_look(&s, 42);
	cr_assert(shadow_enter(&s, 42, HOME));
	for (size_t i = 8; i < WORDS; i++)
		cr_assert_eq(stack[i], 0x400000 + i);
	for (size_t i = 0; i < 6; i++)
		cr_assert_eq(stack[i], 0x400000 + i);
}

Test(shadow, a_thread_without_one, .init = play)
{
	struct shadow s;

	has_one = writable = settable = false;
	shadow_look(&s, 42);
	cr_assert_eq(s.own, 0);
	cr_assert(shadow_enter(&s, 42, HOME));
	cr_assert_eq(stack[7], 0x400007);
}

Test(shadow, a_refusal_changes_no_pointer, .init = play)
{
	const uint64_t before = pointer;
	struct shadow s;

	shadow_look(&s, 42);
	writable = false;
	cr_assert_not(shadow_enter(&s, 42, HOME));
	writable = true;
	settable = false;
	cr_assert_not(shadow_enter(&s, 42, HOME));
	cr_assert_eq(pointer, before);
	settable = true;
	s.own += 4;
	cr_assert_not(shadow_enter(&s, 42, HOME), "not a place of words");
}

/* The real calls: an ordinary program has none, on any kernel. */
Test(shadow, of_a_real_thread)
{
	struct shadow s = {.own = 1};
	int status;
	pid_t child = fork();

	if (child == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		_exit(0);
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert(WIFSTOPPED(status));
	shadow_look(&s, child);
	cr_assert_eq(s.own, 0);
	cr_assert(shadow_enter(&s, child, HOME));
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
}

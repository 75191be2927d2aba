/*
 * A coroutine that work() starts and that comes to its end: the context that
 * work() was left in is resumed by libc (uc_link), unseen by the agent.
 *
 *   run  -> "done": work() has started a coroutine, and has returned
 *   call -> version of work()
 */
#include <ucontext.h>

#include "target.h"

static ucontext_t caller, coroutine;
static char stack[65536];

ATTR int work(int how)
{
	int value = 1;

	if (how)
		swapcontext(&caller, &coroutine);
	__asm__ volatile("" : "+r"(value));
	return value;
}

static void nothing(void)
{
}

/* So deep that nobody writes over its frames afterwards. */
ATTR static int deep(int depth)
{
	volatile char room[1000];

	room[0] = (char)depth;
	return depth ? deep(depth - 1) + room[0] - depth : work(1);
}

int main(void)
{
	char line[64];

	while (next(line, sizeof(line))) {
		if (!strcmp(line, "run")) {
			getcontext(&coroutine);
			coroutine.uc_stack.ss_sp = stack;
			coroutine.uc_stack.ss_size = sizeof(stack);
			coroutine.uc_link = &caller;
			makecontext(&coroutine, nothing, 0);
			deep(20);
			say("done");
		} else {
			say("%d", work(0));
		}
	}
	return 0;
}

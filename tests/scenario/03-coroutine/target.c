/*
 * A coroutine (swapcontext) that is suspended inside work(): no thread is
 * there, and no stack of a thread shows it.
 *
 *   enter  -> "suspended": the coroutine is inside work()
 *   resume -> the result of work() in the coroutine, 1 for the old code
 *   call   -> the result of work() here
 */
#include <sys/mman.h>
#include <ucontext.h>

#include "target.h"

static ucontext_t scheduler, coroutine;
static int result;

ATTR int work(int suspend)
{
	int value = 1;

	if (suspend)
		swapcontext(&coroutine, &scheduler);
	__asm__ volatile("" : "+r"(value));
	return value;
}

static void coroutine_main(void)
{
	result = work(1);
}

int main(void)
{
	size_t size = 65536;
	char line[64];
	char *stack;

	stack = mmap(NULL, size, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	while (next(line, sizeof(line))) {
		if (!strcmp(line, "enter")) {
			result = 0;
			getcontext(&coroutine);
			coroutine.uc_stack.ss_sp = stack;
			coroutine.uc_stack.ss_size = size;
			coroutine.uc_link = &scheduler;
			makecontext(&coroutine, coroutine_main, 0);
			swapcontext(&scheduler, &coroutine);
			say("suspended");
		} else if (!strcmp(line, "resume")) {
			swapcontext(&scheduler, &coroutine);
			say("%d", result);
		} else if (!strcmp(line, "call")) {
			say("%d", work(0));
		} else {
			die("no such command");
		}
	}
	return 0;
}

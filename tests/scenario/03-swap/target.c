/*
 * A coroutine sleeps inside work(), and its thread goes to and fro between it and
 * the one beside it.
 *
 *   enter -> "inside": the thread switches all the time
 *   leave -> the result of work() in the coroutine
 *   call  -> the result of work() on another thread
 */
#include <ucontext.h>

#include "target.h"

static ucontext_t here, inner;
static char stack[262144];
static volatile int stop, started;
static int result;

ATTR int work(int how)
{
	int value = 1;

	while (how && !stop) {
		started = 1;
		swapcontext(&inner, &here);
	}
	__asm__ volatile("" : "+r"(value));
	return value;
}

static void coroutine_main(void)
{
	result = work(1);
	for (;;)
		swapcontext(&inner, &here);
}

static void *switching(void *unused)
{
	getcontext(&inner);
	inner.uc_stack.ss_sp = stack;
	inner.uc_stack.ss_size = sizeof(stack);
	makecontext(&inner, coroutine_main, 0);
	while (!result)
		swapcontext(&here, &inner);
	return unused;
}

int main(void)
{
	pthread_t thread;
	char line[64];

	while (next(line, sizeof(line))) {
		if (!strcmp(line, "enter")) {
			stop = started = result = 0;
			pthread_create(&thread, NULL, switching, NULL);
			while (!started)
				;
			say("inside");
		} else if (!strcmp(line, "leave")) {
			stop = 1;
			pthread_join(thread, NULL);
			say("%d", result);
		} else if (!strcmp(line, "call")) {
			say("%d", work(0));
		}
	}
	return 0;
}

/*
 * Many coroutines that sleep, none of them inside work().
 *
 *   sleep N -> "asleep"; wake -> "awake"
 *   call    -> the result of work()
 */
#include <sys/mman.h>
#include <ucontext.h>

#include "target.h"

enum { MOST = 12000, STACK = 16384 };

static struct { ucontext_t c; } all[MOST];
static ucontext_t here;
static int current, count;

ATTR int work(int how)
{
	int value = 1;

	(void)how;
	__asm__ volatile("" : "+r"(value));
	return value;
}

static void body(void)
{
	swapcontext(&all[current].c, &here);
}

static void all_sleep(void)
{
	char *stacks = mmap(NULL, (size_t)count * STACK, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	for (current = 0; current < count; current++) {
		ucontext_t *c = &all[current].c;

		getcontext(c);
		c->uc_stack.ss_sp = stacks + (size_t)current * STACK;
		c->uc_stack.ss_size = STACK;
		c->uc_link = &here;
		makecontext(c, body, 0);
		swapcontext(&here, c);
	}
}

int main(void)
{
	char line[64];

	while (next(line, sizeof(line))) {
		if (!strncmp(line, "sleep ", 6)) {
			count = atoi(line + 6);
			all_sleep();
			say("asleep");
		} else if (!strcmp(line, "wake")) {
			for (current = 0; current < count; current++)
				swapcontext(&here, &all[current].c);
			say("awake");
		} else {
			say("%d", work(0));
		}
	}
	return 0;
}

/*
 * A coroutine goes into work() on one thread, and another thread goes on with it. The
 * first one works on a stack above, in the same mapping.
 *
 *   pin   -> a thread waits inside work()
 *   enter -> "inside": the coroutine is, on the second thread
 *   call  -> the result of work() here
 *   free  -> version that the pinned thread ran
 *   leave -> what work() gave to the coroutine
 */
#include <semaphore.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "target.h"

enum { STACK = 65536, HERE = 0, WAIT = 1, SUSPEND = 2 };

static ucontext_t low, above, first, second;
static char *stacks;
static sem_t go, inside, taken, out, end;
static int result;

ATTR int work(int how)
{
	int value = 1;

	if (how == WAIT) {
		sem_post(&inside);
		sem_wait(&go);
	}
	if (how == SUSPEND) {
		swapcontext(&low, &above);
		sem_post(&taken); /* on the second thread by now */
		sem_wait(&out);
	}
	__asm__ volatile("" : "+r"(value));
	return value;
}

static void *pin(void *unused)
{
	(void)unused;
	return (void *)(intptr_t)work(WAIT);
}

static void low_main(void)
{
	result = work(SUSPEND);
	swapcontext(&low, &second);
}

static void *take(void *unused)
{
	swapcontext(&second, &low);
	return unused;
}

static void make(ucontext_t *c, char *stack, void (*main)(void))
{
	getcontext(c);
	c->uc_stack.ss_sp = stack;
	c->uc_stack.ss_size = STACK;
	makecontext(c, main, 0);
}

static void above_main(void)
{
	pthread_t other;

	make(&low, stacks, low_main);
	swapcontext(&above, &low);
	pthread_create(&other, NULL, take, NULL);
	sem_wait(&end);
	pthread_join(other, NULL);
	swapcontext(&above, &first);
}

static void *enter(void *unused)
{
	make(&above, stacks + STACK, above_main);
	swapcontext(&first, &above);
	return unused;
}

int main(void)
{
	pthread_t pinned, thread;
	char line[64];

	stacks = mmap(NULL, 2 * STACK, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	sem_init(&go, 0, 0);
	sem_init(&inside, 0, 0);
	sem_init(&taken, 0, 0);
	sem_init(&out, 0, 0);
	sem_init(&end, 0, 0);
	while (next(line, sizeof(line))) {
		if (!strcmp(line, "pin")) {
			pthread_create(&pinned, NULL, pin, NULL);
			sem_wait(&inside);
			say("pinned");
		} else if (!strcmp(line, "enter")) {
			pthread_create(&thread, NULL, enter, NULL);
			sem_wait(&taken);
			say("inside");
		} else if (!strcmp(line, "call")) {
			say("%d", work(HERE));
		} else if (!strcmp(line, "free")) {
			sem_post(&go);
			say_joined(pinned);
		} else if (!strcmp(line, "leave")) {
			sem_post(&out);
			sem_post(&end);
			pthread_join(thread, NULL);
			say("%d", result);
		} else {
			die("no such command");
		}
	}
	return 0;
}

/*
 * A coroutine enters work() on a thread, which ends while it sleeps there; another
 * thread goes on with it.
 *
 *   pin    -> a thread waits inside work()
 *   enter  -> "suspended": the coroutine is inside, its thread has ended
 *   call   -> the result of work() here
 *   free   -> version that the pinned thread ran
 *   resume -> what work() gave to the coroutine
 */
#include <semaphore.h>
#include <ucontext.h>

#include "target.h"

enum { HERE = 0, WAIT = 1, SUSPEND = 2 };

static ucontext_t here, other;
static char stack[262144];
static sem_t go, inside;
static int result;

ATTR int work(int how)
{
	int value = 1;

	if (how == WAIT) {
		sem_post(&inside);
		sem_wait(&go);
	}
	if (how == SUSPEND)
		swapcontext(&other, &here);
	__asm__ volatile("" : "+r"(value));
	return value;
}

static void *pin(void *unused)
{
	(void)unused;
	return (void *)(intptr_t)work(WAIT);
}

static void coroutine_main(void)
{
	result = work(SUSPEND);
}

static void *enter(void *unused)
{
	getcontext(&other);
	other.uc_stack.ss_sp = stack;
	other.uc_stack.ss_size = sizeof(stack);
	other.uc_link = &here;
	makecontext(&other, coroutine_main, 0);
	swapcontext(&here, &other);
	return unused;
}

static void *resume(void *unused)
{
	(void)unused;
	swapcontext(&here, &other);
	return (void *)(intptr_t)result;
}

int main(void)
{
	pthread_t pinned, thread;
	char line[64];

	sem_init(&go, 0, 0);
	sem_init(&inside, 0, 0);
	while (next(line, sizeof(line))) {
		if (!strcmp(line, "pin")) {
			pthread_create(&pinned, NULL, pin, NULL);
			sem_wait(&inside);
			say("pinned");
		} else if (!strcmp(line, "enter")) {
			pthread_create(&thread, NULL, enter, NULL);
			pthread_join(thread, NULL);
			say("suspended");
		} else if (!strcmp(line, "call")) {
			say("%d", work(HERE));
		} else if (!strcmp(line, "free")) {
			sem_post(&go);
			say_joined(pinned);
		} else if (!strcmp(line, "resume")) {
			pthread_create(&thread, NULL, resume, NULL);
			say_joined(thread);
		} else {
			die("no such command");
		}
	}
	return 0;
}

/*
 * Coroutines on stacks side by side. One is dropped, with its stack, while it sleeps
 * inside work(), as a server does with that of a client who has gone.
 *
 *   pin  -> a thread waits inside work()
 *   drop -> "dropped"
 *   call -> the result of work(), called on the stack beside
 *   free -> version that the pinned thread ran
 */
#include <semaphore.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "target.h"

enum { STACK = 65536, HERE = 0, WAIT = 1, SUSPEND = 2 };

static ucontext_t start, here, other;
static sem_t go, inside;

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
	work(SUSPEND);
}

static void make(ucontext_t *c, char *stack, void (*main)(void))
{
	getcontext(c);
	c->uc_stack.ss_sp = stack;
	c->uc_stack.ss_size = STACK;
	makecontext(c, main, 0);
}

static char *stacks;

static void commands(void)
{
	pthread_t pinned;
	char line[64];

	while (next(line, sizeof(line))) {
		if (!strcmp(line, "pin")) {
			pthread_create(&pinned, NULL, pin, NULL);
			sem_wait(&inside);
			say("pinned");
		} else if (!strcmp(line, "drop")) {
			make(&other, stacks + STACK, coroutine_main);
			swapcontext(&here, &other);
			munmap(stacks + STACK, STACK);
			say("dropped");
		} else if (!strcmp(line, "call")) {
			say("%d", work(HERE));
		} else if (!strcmp(line, "free")) {
			sem_post(&go);
			say_joined(pinned);
		} else {
			die("no such command");
		}
	}
	_exit(0);
}

int main(void)
{
	stacks = mmap(NULL, 2 * STACK, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	sem_init(&go, 0, 0);
	sem_init(&inside, 0, 0);
	make(&here, stacks, commands);
	swapcontext(&start, &here);
	return 0;
}

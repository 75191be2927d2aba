/*
 * Coroutines on stacks side by side, commands in the middle. One sleeps inside
 * work() while the thread goes on, on the stack above: there it looks as if
 * longjmp had left work(). With one above inside, those below seem to be called
 * by it.
 *
 *   pin    -> a thread waits inside work()
 *   free   -> version that this thread ran
 *   enter low|high  -> "suspended": that coroutine is inside work()
 *   resume low|high -> the result of work() in it
 *   call   -> the result of work() here
 */
#include <semaphore.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "target.h"

enum { STACK = 65536, HERE = 0, WAIT = 1, SUSPEND = 2 };

static ucontext_t start, here, low, high;
static sem_t go, inside;
static int result;
static __thread ucontext_t *self;

ATTR int work(int how)
{
	int value = 1;

	if (how == WAIT) {
		sem_post(&inside);
		sem_wait(&go);
	}
	if (how == SUSPEND)
		swapcontext(self, &here);
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
	for (;;) {
		result = work(SUSPEND);
		swapcontext(self, &here);
	}
}

static void enter(const char *name)
{
	self = strstr(name, "low") ? &low : &high;
	swapcontext(&here, self);
}

static void commands(void)
{
	pthread_t pinned;
	char line[64];

	while (next(line, sizeof(line))) {
		if (!strcmp(line, "pin")) {
			pthread_create(&pinned, NULL, pin, NULL);
			sem_wait(&inside);
			say("pinned");
		} else if (!strcmp(line, "free")) {
			sem_post(&go);
			say_joined(pinned);
		} else if (!strncmp(line, "enter", 5)) {
			enter(line);
			say("suspended");
		} else if (!strncmp(line, "resume", 6)) {
			enter(line);
			say("%d", result);
		} else if (!strcmp(line, "call")) {
			say("%d", work(HERE));
		} else {
			die("no such command");
		}
	}
	_exit(0);
}

static void make(ucontext_t *c, char *stack, void (*main)(void))
{
	getcontext(c);
	c->uc_stack.ss_sp = stack;
	c->uc_stack.ss_size = STACK;
	makecontext(c, main, 0);
}

int main(void)
{
	char *stacks = mmap(NULL, 3 * STACK, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	sem_init(&go, 0, 0);
	sem_init(&inside, 0, 0);
	make(&low, stacks, coroutine_main);
	make(&here, stacks + STACK, commands);
	make(&high, stacks + 2 * STACK, coroutine_main);
	swapcontext(&start, &here);
	return 0;
}

/*
 * A handler waits on an alternate stack that is part of the thread's own, above the
 * frame of work() that it has interrupted.
 *
 *   pin plain|disarm -> the handler waits; free -> version that work() was
 *   call -> the result of work() here
 */
#include <semaphore.h>

#include "target.h"

#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1U << 31)
#endif

static sem_t go, inside;
static int flags;

static void handler(int signo)
{
	(void)signo;
	sem_post(&inside);
	sem_wait(&go);
}

ATTR int work(int how)
{
	int value = 1;

	if (how)
		raise(SIGUSR1);
	__asm__ volatile("" : "+r"(value));
	return value;
}

static void *body(void *unused)
{
	char stack[65536];
	stack_t s = {.ss_sp = stack, .ss_size = sizeof(stack), .ss_flags = flags};
	int value;

	(void)unused;
	if (sigaltstack(&s, NULL))
		die("sigaltstack");
	value = work(1);
	s.ss_flags = SS_DISABLE;
	sigaltstack(&s, NULL);
	return (void *)(intptr_t)value;
}

int main(void)
{
	struct sigaction act = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
	pthread_t thread;
	char line[64];

	sem_init(&go, 0, 0);
	sem_init(&inside, 0, 0);
	sigaction(SIGUSR1, &act, NULL);
	while (next(line, sizeof(line))) {
		if (!strncmp(line, "pin ", 4)) {
			flags = line[4] == 'd' ? (int)SS_AUTODISARM : 0;
			pthread_create(&thread, NULL, body, NULL);
			sem_wait(&inside);
			say("waits");
		} else if (!strcmp(line, "free")) {
			sem_post(&go);
			say_joined(thread);
		} else {
			say("%d", work(0));
		}
	}
	return 0;
}

/*
 *   pin  -> a thread waits inside work(); free -> version that it ran
 *   call -> the result of work() in a third thread
 */
#include <semaphore.h>

#include "target.h"

static sem_t go, inside;

ATTR int work(int how)
{
	int value = 1;

	if (how) {
		sem_post(&inside);
		sem_wait(&go);
	}
	__asm__ volatile("" : "+r"(value));
	return value;
}

static void *body(void *how)
{
	return (void *)(intptr_t)work(how != NULL);
}

int main(void)
{
	pthread_t pinned, thread;
	char line[64];

	sem_init(&go, 0, 0);
	sem_init(&inside, 0, 0);
	while (next(line, sizeof(line))) {
		if (!strcmp(line, "pin")) {
			pthread_create(&pinned, NULL, body, &go);
			sem_wait(&inside);
			say("pinned");
		} else if (!strcmp(line, "free")) {
			sem_post(&go);
			say_joined(pinned);
		} else {
			pthread_create(&thread, NULL, body, NULL);
			say_joined(thread);
		}
	}
	return 0;
}

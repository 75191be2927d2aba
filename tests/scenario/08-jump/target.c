/*
 * Threads that are always inside work(), and are thrown out of it, and of the
 * agent's gate, by a handler's siglongjmp().
 *
 *   call -> result of work() in the main thread, which nobody throws out
 */
#include <setjmp.h>

#include "target.h"

#define THREADS 4

static pthread_t threads[THREADS];
static __thread sigjmp_buf place;
static __thread volatile int inside;

ATTR int work(long ns)
{
	struct timespec t = { 0, ns };

	nanosleep(&t, NULL);
	return 1;
}

static void jump(int number)
{
	(void)number;
	if (!inside)
		return;
	inside = 0;
	siglongjmp(place, 1);
}

static void *enter(void *argument)
{
	for (;;)
		if (!sigsetjmp(place, 1)) {
			inside = 1;
			work(300000);
			inside = 0;
		}
	return argument;
}

static void *kick(void *argument)
{
	for (unsigned i = 0;; i++) {
		pthread_kill(threads[i % THREADS], SIGUSR1);
		usleep(40);
	}
	return argument;
}

int main(void)
{
	struct sigaction action = { .sa_handler = jump };
	pthread_t kicker;
	char line[64];

	sigaction(SIGUSR1, &action, NULL);
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, enter, NULL))
			die("pthread_create");
	if (pthread_create(&kicker, NULL, kick, NULL))
		die("pthread_create");
	while (next(line, sizeof(line)))
		if (!strcmp(line, "call"))
			say("%d", work(0));
	return 0;
}

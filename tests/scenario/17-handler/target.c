/*
 * A single thread that lives in malloc and free, which a timer's signal
 * interrupts all the time, and whose handler takes its time in code of the
 * program: no thread may be created there, malloc's lock may be held.
 *
 *   nodefer   the handler may be interrupted by its own signal (SA_NODEFER):
 *             the mask does not tell that it runs
 *   -> "ready", then it works for ever
 */
#include <sys/time.h>

#include "target.h"

static volatile int zero;

ATTR int work(int value)
{
	return value + 1 + zero;
}

static void on_alarm(int number)
{
	static volatile int depth; /* on a busy machine it would grow for ever */

	(void)number;
	if (++depth <= 4)
		for (volatile int i = 0; i < 60000; i++)
			;
	depth--;
}

int main(int argc, char **argv)
{
	struct itimerval often = { { 0, 300 }, { 0, 300 } };
	struct sigaction action = { .sa_handler = on_alarm,
				    .sa_flags = SA_RESTART };

	if (argc > 1 && strcmp(argv[1], "nodefer") == 0)
		action.sa_flags |= SA_NODEFER;

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	say("ready");
	for (;;) {
		void *list[64];

		/* Too large for the thread's cache: these take the lock. */
		for (int i = 0; i < 64; i++)
			list[i] = malloc(2000 + (size_t)i * 700);
		for (int i = 0; i < 64; i += 2)
			free(list[i]);
		for (int i = 1; i < 64; i += 2)
			free(list[i]);
		if (work(0) > 2)
			die("work");
	}
}

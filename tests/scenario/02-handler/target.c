/*
 * Threads that call patched functions and are interrupted, wherever they are,
 * by a signal whose handler calls them again; and by one whose handler jumps
 * away, out of a gate or a hook if need be.
 *
 *   start    -> threads run
 *   pin/free -> a thread waits inside plus()
 *   check    -> version of plus() and pair(): "1 1" or "2 2"
 *   count    -> calls in handlers, jumps so far, and what was wrong
 *   stop     -> "stopped"
 */
#include <setjmp.h>

#include "target.h"

#define THREADS 3

static struct door gate_door, inside_door;
static volatile int stop;
static long calls, jumps;
static const char *volatile wrong = "nothing";
static __thread sigjmp_buf place;
static __thread volatile int may_jump;

/* The patched functions; the patch answers 2 more instead of 1. */
ATTR long plus(long n)
{
	return n + 1;
}

ATTR long pinned(long n)
{
	door_open(&inside_door);
	door_pass(&gate_door);
	return n + 1;
}

ATTR double pair(double a, int depth)
{
	double below = depth > 0 ? pair(a, depth - 1) : a;

	__asm__ volatile("" : "+x"(below));
	return below + 1;
}

static void use(const char *who)
{
	long n = plus(10);
	double d = pair(0.5, 3);

	if ((n != 11 && n != 12) || (d != 4.5 && d != 8.5))
		wrong = who;
}

static void call_again(int number)
{
	int saved = errno;

	(void)number;
	use("in the handler");
	__atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
	errno = saved;
}

static void jump_away(int number)
{
	(void)number;
	if (may_jump)
		siglongjmp(place, 1);
}

static void *work(void *argument)
{
	int jumping = (int)(intptr_t)argument;

	if (sigsetjmp(place, 1))
		__atomic_add_fetch(&jumps, 1, __ATOMIC_RELAXED);
	while (!stop) {
		may_jump = jumping;
		for (int i = 0; i < 100; i++) {
			use("in the thread");
			for (volatile int k = 0; k < 500; k++)
				;
		}
		may_jump = 0;
	}
	may_jump = 0;
	return NULL;
}

static void *interrupt(void *argument)
{
	pthread_t *threads = argument;

	for (unsigned n = 0; !stop; n++) {
		for (int i = 0; i < THREADS; i++) {
			pthread_kill(threads[i], SIGUSR1);
			if (i == 0 && n % 16 == 0)
				pthread_kill(threads[i], SIGUSR2);
		}
		usleep(100);
	}
	return NULL;
}

static void *pin_main(void *unused)
{
	long n = pinned(1);

	__asm__ volatile("" : : "r"(n));
	return unused;
}

int main(void)
{
	struct sigaction again = { .sa_handler = call_again,
				   .sa_flags = SA_RESTART | SA_NODEFER };
	struct sigaction away = { .sa_handler = jump_away };
	pthread_t threads[THREADS], interrupter, pin;
	sigset_t both;
	char line[64];

	door_init(&gate_door);
	door_init(&inside_door);
	sigaction(SIGUSR1, &again, NULL);
	sigaction(SIGUSR2, &away, NULL);
	sigemptyset(&both);
	sigaddset(&both, SIGUSR1);
	sigaddset(&both, SIGUSR2);
	while (next(line, sizeof(line))) {
		if (!strcmp(line, "start")) {
			for (intptr_t i = 0; i < THREADS; i++)
				pthread_create(&threads[i], NULL, work,
					       (void *)(intptr_t)(i == 0));
			pthread_create(&interrupter, NULL, interrupt, threads);
			say("started");
		} else if (!strcmp(line, "pin")) {
			pthread_create(&pin, NULL, pin_main, NULL);
			door_pass(&inside_door);
			say("pinned");
		} else if (!strcmp(line, "free")) {
			door_open(&gate_door);
			pthread_join(pin, NULL);
			say("free");
		} else if (!strcmp(line, "check")) {
			say("%ld %ld", plus(0), (long)(pair(0, 3) / 4));
		} else if (!strcmp(line, "count")) {
			say("%ld %ld %s", calls, jumps, wrong);
		} else if (!strcmp(line, "stop")) {
			stop = 1;
			pthread_join(interrupter, NULL);
			for (int i = 0; i < THREADS; i++)
				pthread_join(threads[i], NULL);
			say("stopped");
		} else {
			die("no such command");
		}
	}
	return 0;
}

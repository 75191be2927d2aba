/*
 * Functions that must change together, called by eight threads.
 *
 * Balance: balanced() takes and gives back by two other functions, through
 * code that is not patched. The patch has another amount: if one call of
 * balanced() ever saw both versions, something is left over.
 * Instant: between "up" and "down" the version may only grow. Once any thread
 * has seen version 2 of any function, no thread may see version 1 of another.
 *
 *   start -> "started"
 *   up    -> "up": an update to version 2 may come; "down" the other way
 *   version -> versions of three functions
 *   count -> calls so far, then what went wrong
 *   stop  -> "stopped"
 */
#include "target.h"

#define THREADS 8

static long total, wrong_balance, wrong_order, calls;
static volatile int stop, phase;
static int seen_phase; /* phase in which a new version was seen */
static struct {
	int phase;
} __attribute__((aligned(64))) ack[THREADS];

ATTR long take(long *from) { *from -= 1; return 1; }
ATTR long give(long *to) { *to += 1; return 1; }
ATTR int version_a(void) { return 1; }
ATTR int version_b(int x) { return x ? 1 : 0; }
ATTR double version_c(double x) { return x; }

/* Not patched; stands between the patched ones. */
ATTR long through(long (*function)(long *), long *where)
{
	long got = function(where);

	__asm__ volatile("" : "+r"(got));
	return got;
}

ATTR long balanced(long *mine)
{
	long a = through(take, mine);
	long b = through(give, mine);

	return a - b;
}

static int version_of(unsigned which)
{
	switch (which % 3) {
	case 0: return version_a();
	case 1: return version_b(1);
	default: return (int)version_c(1);
	}
}

static void *work(void *argument)
{
	int me = (int)(intptr_t)argument;
	unsigned which = (unsigned)me;
	long mine = 0, done = 0;

	while (!stop) {
		int now_phase = __atomic_load_n(&phase, __ATOMIC_ACQUIRE);
		int up = now_phase & 1;
		int before, version;

		__atomic_store_n(&ack[me].phase, now_phase, __ATOMIC_RELEASE);
		before = __atomic_load_n(&seen_phase, __ATOMIC_ACQUIRE);
		version = version_of(which++);
		if (version != 1 && version != 2)
			__atomic_add_fetch(&wrong_order, 1, __ATOMIC_RELAXED);
		if (version == (up ? 2 : 1))
			__atomic_store_n(&seen_phase, now_phase,
					 __ATOMIC_RELEASE);
		else if (before == now_phase && now_phase == phase)
			__atomic_add_fetch(&wrong_order, 1, __ATOMIC_RELAXED);
		if (balanced(&mine) || mine)
			__atomic_add_fetch(&wrong_balance, 1, __ATOMIC_RELAXED);
		if (++done % 64 == 0)
			__atomic_add_fetch(&calls, 64, __ATOMIC_RELAXED);
		/* Room for the others, who have two processors at best. */
		if (done % 512 == 0)
			usleep(100);
	}
	__atomic_add_fetch(&total, mine, __ATOMIC_RELAXED);
	return NULL;
}

/* Phases are numbered; odd ones go up. All threads have to be in it. */
static void phase_next(int up)
{
	int wanted = phase + 1;

	if ((wanted & 1) != up)
		die("phases out of order");
	__atomic_store_n(&phase, wanted, __ATOMIC_RELEASE);
	for (int i = 0; i < THREADS; i++)
		while (__atomic_load_n(&ack[i].phase, __ATOMIC_ACQUIRE) != wanted)
			usleep(100);
}

int main(void)
{
	pthread_t threads[THREADS];
	char line[64];

	while (next(line, sizeof(line))) {
		if (!strcmp(line, "start")) {
			for (intptr_t i = 0; i < THREADS; i++)
				pthread_create(&threads[i], NULL, work,
					       (void *)i);
			say("started");
		} else if (!strcmp(line, "up") || !strcmp(line, "down")) {
			phase_next(line[0] == 'u');
			say("%s", line);
		} else if (!strcmp(line, "version")) {
			say("%d %d %d", version_a(), version_b(1),
			    (int)version_c(1));
		} else if (!strcmp(line, "count")) {
			say("%ld %ld %ld", calls, wrong_balance, wrong_order);
		} else if (!strcmp(line, "stop")) {
			stop = 1;
			for (int i = 0; i < THREADS; i++)
				pthread_join(threads[i], NULL);
			say("stopped with %ld", total);
		} else {
			die("no such command");
		}
	}
	return 0;
}

/*
 * One thread for each way to wait in the kernel. Timed ones wait again and
 * again and measure; endless ones wait until they are ended.
 *
 *   start  -> "started N"
 *   tid NAME -> thread id of that wait
 *   short  -> how many rounds the timed waits have made, the least of all
 *   end    -> ends them all; then a line for each that went wrong, then
 *             "shortest S longest L" in ms
 *   call   -> result of work()
 */
#include "waits.h"

static struct place places[WAITS];
static struct {
	volatile int rounds, result, done;
	double shortest, longest;
} got[WAITS];
static volatile int stop, zero;
static const char *wanted; /* commas round each name; NULL: all */

/* Is this wait among those that the command line names? */
static int chosen(unsigned i)
{
	char name[64];

	snprintf(name, sizeof(name), ",%s,", waits[i].name);
	return !wanted || strstr(wanted, name) != NULL;
}

ATTR int work(int value)
{
	return value + 1 + zero;
}

static void *wait_main(void *argument)
{
	unsigned i = (unsigned)(uintptr_t)argument;

	places[i].tid = thread_id();
	got[i].shortest = 1e9;
	if (waits[i].make)
		waits[i].make(&places[i]);
	do {
		double start = now(), took;

		got[i].rounds++;
		got[i].result = waits[i].wait(&places[i]);
		took = now() - start;
		places[i].ended = 1;
		if (took < got[i].shortest)
			got[i].shortest = took;
		if (took > got[i].longest)
			got[i].longest = took;
	} while (!waits[i].end && !stop && !got[i].result);
	got[i].done = 1;
	return NULL;
}

static void on_usr1(int number) { (void)number; }

static void start(void)
{
	struct sigaction action = { .sa_handler = on_usr1 };
	sigset_t set;

	sigaction(SIGUSR1, &action, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGURG);
	sigaddset(&set, SIGWINCH);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	for (unsigned i = 0; i < WAITS; i++)
		if (chosen(i) && pthread_create(&places[i].thread, NULL, wait_main,
				   (void *)(uintptr_t)i))
			die("pthread_create");
	say("started %zu", WAITS);
}

static void end(void)
{
	double shortest = 1e9, longest = 0;

	stop = 1;
	for (unsigned i = 0; i < WAITS; i++) {
		if (!chosen(i))
			continue;
		if (waits[i].end) {
			if (got[i].done)
				say("%s: ended by itself, result %d (%s)",
				    waits[i].name, got[i].result,
				    strerror(got[i].result));
			else
				waits[i].end(&places[i]);
		}
		pthread_join(places[i].thread, NULL);
		if (got[i].result)
			say("%s: result %d (%s)", waits[i].name, got[i].result,
			    strerror(got[i].result));
		if (waits[i].end)
			continue;
		if (got[i].shortest < LIMIT - 0.010 || got[i].longest > LIMIT * 4)
			say("%s: took %.0f to %.0f ms", waits[i].name,
			    got[i].shortest * 1e3, got[i].longest * 1e3);
		if (got[i].shortest < shortest)
			shortest = got[i].shortest;
		if (got[i].longest > longest)
			longest = got[i].longest;
	}
	say("shortest %.1f longest %.1f", shortest * 1e3, longest * 1e3);
}

static int rounds_least(void)
{
	int least = 1 << 30;

	for (unsigned i = 0; i < WAITS; i++)
		if (chosen(i) && !waits[i].end && got[i].rounds < least)
			least = got[i].rounds;
	return least;
}

int main(int argc, char **argv)
{
	char line[64], name[48];

	if (argc > 1)
		wanted = argv[1];

	/* If it may: IPC objects that end with the program, whatever happens. */
	if (unshare(CLONE_NEWIPC) && errno != EPERM)
		die("unshare");
	while (next(line, sizeof(line))) {
		if (!strcmp(line, "start")) {
			start();
		} else if (sscanf(line, "tid %47[^\n]", name) == 1) {
			for (unsigned i = 0; i < WAITS; i++)
				if (!strcmp(waits[i].name, name))
					say("%d", places[i].tid);
		} else if (!strcmp(line, "short")) {
			say("%d", rounds_least());
		} else if (!strcmp(line, "end")) {
			end();
		} else if (!strcmp(line, "call")) {
			say("%d", work(0));
		} else {
			die("no such command");
		}
	}
	return 0;
}

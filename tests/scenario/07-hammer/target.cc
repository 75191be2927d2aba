/*
 * Sixteen threads that hammer what an agent in the process uses, too: the
 * allocator, the loader, fork, stdio, threads, exceptions. Each does so inside
 * of a function that is patched, and outside.
 *
 *   start -> "started"
 *   count -> rounds of the slowest thread, then what was wrong
 *   call  -> version
 *   stop  -> "stopped"
 */
#include <dlfcn.h>
#include <sys/wait.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "target.h"

static volatile int stop;
static const char *volatile wrong = "nothing";
static const char *library;
static volatile int zero;

typedef void (*action)(unsigned *seed);

/* The patched functions: run the action in old code and in new. */
extern "C" ATTR int inside(action what, unsigned *seed)
{
	what(seed);
	return 1 + zero;
}

extern "C" ATTR int version(void)
{
	return 1 + zero;
}

extern "C" ATTR void thrower(int value)
{
	std::string text("a text that is too long for the string itself");

	if (value)
		throw std::runtime_error(text);
}

static unsigned dice(unsigned *seed)
{
	*seed = *seed * 1103515245 + 12345;
	return *seed >> 16;
}

static void do_malloc(unsigned *seed)
{
	static thread_local void *held[64];
	unsigned slot = dice(seed) % 64;
	size_t size = dice(seed) % (dice(seed) % 16 ? 500 : 300000) + 8;

	free(held[slot]);
	held[slot] = malloc(size);
	if (!held[slot])
		wrong = "malloc";
	memset(held[slot], 0x55, size < 64 ? size : 64);
	if (stop)
		for (void *&one : held) {
			free(one);
			one = nullptr;
		}
}

static void do_dlopen(unsigned *)
{
	void *handle = dlopen(library, RTLD_NOW);

	if (!handle || !dlsym(handle, "library_value"))
		wrong = "dlopen";
	if (handle)
		dlclose(handle);
}

static void do_fork(unsigned *)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		int v = version();

		_exit(v == 1 || v == 2 ? 7 : 8);
	}
	if (pid < 0)
		wrong = "fork";
	else if (waitpid(pid, &status, 0) != pid)
		wrong = "waitpid";
	else if (WIFSIGNALED(status))
		wrong = strsignal(WTERMSIG(status));
	else if (WEXITSTATUS(status) != 7)
		wrong = "version in a child";
}

static FILE *null;
static void do_stdio(unsigned *seed)
{
	char text[128];

	for (int i = 0; i < 20; i++)
		putc('x', null);
	fprintf(null, "%d %s %f\n", (int)dice(seed), "text", 1.5);
	snprintf(text, sizeof(text), "%u", dice(seed));
	fflush(null);
}

static void *short_life(void *argument)
{
	free(malloc(100));
	if ((uintptr_t)argument % 2)
		pthread_exit(argument);
	return argument;
}

static void do_threads(unsigned *seed)
{
	void *argument = (void *)(uintptr_t)dice(seed), *result;
	pthread_t thread;

	if (pthread_create(&thread, nullptr, short_life, argument) ||
	    pthread_join(thread, &result) || result != argument)
		wrong = "pthread_create";
}

static void do_throw(unsigned *seed)
{
	bool caught = false;

	try {
		thrower(1);
	} catch (const std::runtime_error &error) {
		caught = strlen(error.what()) == 45;
	}
	if (!caught)
		wrong = "exception";
	thrower(0);
	std::vector<int> some(dice(seed) % 100 + 1);
	try {
		some.at(some.size()) = 1;
		wrong = "vector::at";
	} catch (const std::out_of_range &) {
	}
}

/* Leaves the patched function by an exception. */
static void do_escape(unsigned *seed)
{
	throw dice(seed) % 100;
}

static const action actions[] = { do_malloc, do_dlopen, do_fork, do_stdio,
				  do_threads, do_throw, do_escape };
#define ACTIONS (sizeof(actions) / sizeof(actions[0]))
#define THREADS 16
static volatile long rounds[THREADS];

static void *work(void *argument)
{
	unsigned me = (unsigned)(uintptr_t)argument, seed = me * 77 + 5;

	for (unsigned at = 0; !stop; at++) {
		/* Each thread has its main work, and does the rest at times. */
		action what = actions[at % 8 ? me % ACTIONS : at / 8 % ACTIONS];

		try {
			int v = at % 2 ? inside(what, &seed) : version();

			if (v != 1 && v != 2)
				wrong = "version";
			if (at % 2 == 0)
				what(&seed);
		} catch (unsigned value) {
			if (what != do_escape || value >= 100)
				wrong = "escaped exception";
		}
		rounds[me] = rounds[me] + 1;
	}
	do_malloc(&seed);
	return nullptr;
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS];
	char line[64];

	library = argc > 1 ? argv[1] : "";
	null = fopen("/dev/null", "w");
	while (next(line, sizeof(line))) {
		if (!strcmp(line, "start")) {
			for (uintptr_t i = 0; i < THREADS; i++)
				if (pthread_create(&threads[i], nullptr, work,
						   (void *)i))
					die("pthread_create");
			say("started");
		} else if (!strcmp(line, "count")) {
			long least = rounds[0];

			for (int i = 1; i < THREADS; i++)
				if (rounds[i] < least)
					least = rounds[i];
			say("%ld %s", least, wrong);
		} else if (!strcmp(line, "call")) {
			say("%d", version());
		} else if (!strcmp(line, "stop")) {
			stop = 1;
			for (pthread_t thread : threads)
				pthread_join(thread, nullptr);
			say("stopped");
		} else {
			die("no such command");
		}
	}
	return 0;
}

/*
 * Waits by different ways to libc's poll(), and has a usleep() of its own.
 *
 *   program MS | pointer MS | library MS -> how long the wait was, in ms; also
 *   copied MS: by a copy that was made before, other MS: in another namespace
 *   own    -> 7 if the library comes to the program's usleep()
 *   next   -> 1 if dlsym() finds the next usleep() behind the program's
 *   sleep  -> "asleep": a coroutine is inside work()
 *   wake   -> the result of work() in it
 *   call   -> the result of work() here
 */
#include <dlfcn.h>
#include <ucontext.h>

#include "target.h"

static int (*volatile pointer)(struct pollfd *, nfds_t, int) = poll;
static ucontext_t here, there;
static int (**copied)(struct pollfd *, nfds_t, int);
static int (*other)(int);
static void *library;
static int result;

int usleep(useconds_t us)
{
	return (int)us;
}

ATTR int work(int wait)
{
	int value = 1;

	if (wait)
		swapcontext(&there, &here);
	__asm__ volatile("" : "+r"(value));
	return value;
}

static void coroutine(void)
{
	for (;;) {
		result = work(1);
		swapcontext(&there, &here);
	}
}

static void *symbol(const char *name, const char *path)
{
	void *found;

	if (!library)
		library = dlopen(path, RTLD_NOW);
	found = library ? dlsym(library, name) : NULL;
	if (!found)
		die(dlerror());
	return found;
}

static void wait_by(const char *line, const char *path)
{
	int ms = atoi(strchr(line, ' '));
	double start;
	int (*by_library)(int) = NULL;

	if (*line == 'l')
		by_library = (int (*)(int))symbol("library_wait", path);
	start = now();
	if (by_library)
		by_library(ms);
	else if (!strncmp(line, "pointer", 7))
		pointer(NULL, 0, ms);
	else if (*line == 'c')
		(*copied)(NULL, 0, ms);
	else if (*line == 'o')
		other(ms);
	else
		poll(NULL, 0, ms);
	say("%.0f", (now() - start) * 1e3);
}

int main(int argc, char **argv)
{
	static char stack[65536];
	char line[64];

	if (argc < 2)
		die("usage");
	copied = malloc(sizeof(*copied));
	*copied = (int (*)(struct pollfd *, nfds_t, int))dlsym(RTLD_DEFAULT, "poll");
	if (argc > 2) {
		void *apart = dlmopen(LM_ID_NEWLM, argv[1], RTLD_NOW);

		other = apart ? (int (*)(int))dlsym(apart, "library_wait") : NULL;
		if (!other)
			die(dlerror());
	}
	getcontext(&there);
	there.uc_stack.ss_sp = stack;
	there.uc_stack.ss_size = sizeof(stack);
	makecontext(&there, coroutine, 0);
	while (next(line, sizeof(line))) {
		if (strchr(line, ' ')) {
			wait_by(line, argv[1]);
		} else if (!strcmp(line, "own")) {
			say("%d", ((int (*)(void))symbol("library_pause", argv[1]))());
		} else if (!strcmp(line, "next")) {
			void *found = dlsym(RTLD_NEXT, "usleep");

			say("%d", found && found != (void *)usleep);
		} else if (!strcmp(line, "sleep")) {
			swapcontext(&here, &there);
			say("asleep");
		} else if (!strcmp(line, "wake")) {
			swapcontext(&here, &there);
			say("%d", result);
		} else {
			say("%d", work(0));
		}
	}
	return 0;
}

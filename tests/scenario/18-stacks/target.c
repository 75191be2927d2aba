/*
 * Threads with little room: on a stack between pages that nobody may touch, or
 * with an alternate signal stack of the smallest size that there is.
 *
 * guard:     the main thread lives in a coroutine; its stack lies below the
 *            main thread's control block, with a forbidden page on either side
 * alternate: the main thread has an alternate signal stack of MINSIGSTKSZ,
 *            with a forbidden page below it
 *   call -> version of work()
 */
#include <sys/mman.h>
#include <ucontext.h>

#include "target.h"

static volatile int zero;

ATTR int work(int value)
{
	return value + 1 + zero;
}

static void commands(void)
{
	char line[64];

	while (next(line, sizeof(line)))
		say("%d", work(0));
	_exit(0);
}

/* `size` bytes between two pages that cannot be touched. */
static char *guarded(size_t size)
{
	char *p = mmap(NULL, size + 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
		       -1, 0);

	if (p == MAP_FAILED || mprotect(p + 4096, size, PROT_READ | PROT_WRITE))
		die("mmap");
	return p + 4096;
}

int main(int argc, char **argv)
{
	static ucontext_t here, there;

	(void)argc;
	if (!strcmp(argv[1], "guard")) {
		getcontext(&there);
		there.uc_stack.ss_sp = guarded(65536);
		there.uc_stack.ss_size = 65536;
		makecontext(&there, commands, 0);
		swapcontext(&here, &there);
	} else {
		stack_t small = {.ss_sp = guarded(4096), .ss_size = 2048};

		if (sigaltstack(&small, NULL))
			die("sigaltstack");
	}
	commands();
	return 0;
}

/*
 * The agent's Nth allocation fails, as those of all threads but the first.
 *
 *   fail N -> from now on
 *   count  -> how many there were since; no longer
 *   call   -> what one() and ten() return
 */
#include "target.h"

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *at, size_t size);

static volatile int which, seen;
static volatile int zero;

static int fails(void)
{
	if (!which || getpid() == (pid_t)syscall(SYS_gettid) || ++seen != which)
		return 0;
	errno = ENOMEM;
	return 1;
}

void *malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return fails() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *at, size_t size)
{
	return fails() ? NULL : __libc_realloc(at, size);
}

ATTR int one(void)
{
	return 1 + zero;
}

ATTR int ten(void)
{
	return 10 + zero;
}

int main(void)
{
	char line[100];
	int n;

	while (next(line, sizeof(line))) {
		if (!strncmp(line, "fail ", 5)) {
			seen = 0;
			which = atoi(line + 5);
			say("on");
		} else if (!strcmp(line, "count")) {
			n = seen;
			which = 0;
			say("%d", n);
		} else {
			say("%d %d", one(), ten());
		}
	}
	return 0;
}

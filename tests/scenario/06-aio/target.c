/*
 * A thread waits for two seconds for asynchronous I/O that there is not.
 *
 *   start asm|syscall|pgetevents -> "on"
 *   result -> what it got, errno and how long it took, in tenths of a second
 */
#include <linux/aio_abi.h>

#include "target.h"

static char how[32];
static aio_context_t context;

ATTR int work(void)
{
	int value = 1;

	__asm__ volatile("" : "+r"(value));
	return value;
}

/* As libaio(3) has it, of which no header is needed here. */
static long getevents(aio_context_t c, long least, long most, struct io_event *e,
		      struct timespec *limit)
{
	register struct io_event *r10 __asm__("r10") = e;
	register struct timespec *r8 __asm__("r8") = limit;
	long ret;

	__asm__ volatile("movl $208, %%eax\n\tsyscall" : "=&a"(ret)
			 : "D"(c), "S"(least), "d"(most), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	return ret;
}

static void *body(void *unused)
{
	struct timespec limit = {2, 0};
	struct io_event e;
	double start = now();
	long rc;

	(void)unused;
	errno = 0;
	if (how[0] == 'a')
		rc = getevents(context, 1, 1, &e, &limit);
	else if (how[0] == 's')
		rc = syscall(SYS_io_getevents, context, 1, 1, &e, &limit);
	else
		rc = syscall(SYS_io_pgetevents, context, 1, 1, &e, &limit, NULL);
	say("%ld %d %.0f", rc, errno, (now() - start) * 10);
	return NULL;
}

int main(void)
{
	pthread_t thread;
	char line[64];

	if (syscall(SYS_io_setup, 8, &context))
		die("io_setup");
	while (next(line, sizeof(line))) {
		if (!strncmp(line, "start ", 6)) {
			strcpy(how, line + 6);
			say("on");
			pthread_create(&thread, NULL, body, NULL);
		} else if (!strcmp(line, "result")) {
			pthread_join(thread, NULL);
		} else {
			say("%d", work());
		}
	}
	return 0;
}

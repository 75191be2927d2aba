/*
 * A thread changes the ids of the process again and again, to what they are:
 * libc then signals all threads and waits for them, with a lock held that
 * pthread_create() takes, too.
 *
 *   count -> how often it has done so
 *   call  -> the result of work()
 */
#include <signal.h>

#include "target.h"

static volatile long count;

ATTR int work(void)
{
	return 1;
}

static void *change(void *argument)
{
	for (;;) {
		if (setgid(getgid()) || setresuid(-1, -1, -1))
			die("setgid");
		count++;
		usleep(300);
	}
	return argument;
}

/* Every other one with an alternate signal stack. */
static void *sleep_often(void *argument)
{
	static __thread char stack[65536];
	stack_t alternate = { .ss_sp = stack, .ss_size = sizeof(stack) };

	if (argument && sigaltstack(&alternate, NULL))
		die("sigaltstack");
	for (;;)
		usleep(300);
	return argument;
}

/* Not by poll(2), which libc's own signal ends with EINTR. */
static int next_line(char *line)
{
	for (;; line++) {
		if (read(0, line, 1) != 1)
			return 0;
		if (*line == '\n') {
			*line = '\0';
			return 1;
		}
	}
}

int main(void)
{
	char line[64];
	pthread_t thread;

	for (long i = 0; i < 6; i++)
		pthread_create(&thread, NULL, sleep_often, (void *)(i & 1));
	pthread_create(&thread, NULL, change, NULL);
	while (next_line(line)) {
		if (!strcmp(line, "count"))
			say("%ld", count);
		else if (!strcmp(line, "call"))
			say("%d", work());
	}
	return 0;
}

/*
 * target.h - what the programs under test share: commands and answers.
 *
 * Included by: the target programs of tests/scenario; C and C++.
 * Runs on:     any thread of a target.
 * Locks:       stdout's.
 * Signal:      unsafe: stdio.
 *
 * A target reads one command a line and answers each with one line. Its main
 * thread waits in poll(2), where the agent can always be contacted.
 */
#ifndef TARGET_H
#define TARGET_H

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include "attr.h"

/* Answer with one line. */
static inline void say(const char *format, ...)
	__attribute__((format(printf, 1, 2)));
static inline void say(const char *format, ...)
{
	char text[4096];
	size_t size;
	va_list list;

	va_start(list, format);
	size = (size_t)vsnprintf(text, sizeof(text) - 1, format, list);
	va_end(list);
	if (size > sizeof(text) - 2)
		size = sizeof(text) - 2;
	text[size] = '\n';
	for (size_t at = 0; at <= size; ) {
		ssize_t n = write(1, text + at, size + 1 - at);

		if (n <= 0)
			_exit(90);
		at += (size_t)n;
	}
}

/* End the program, loudly: what it says is seen by the test. */
static inline void die(const char *what)
{
	say("died: %s: %s", what, strerror(errno));
	_exit(91);
}

/* Wait for the next command; 0 at the end of the input. */
static inline int next(char *line, size_t size)
{
	size_t used = 0;

	while (used + 1 < size) {
		struct pollfd wait = { 0, POLLIN, 0 };
		ssize_t n;

		if (poll(&wait, 1, -1) < 0)
			die("poll");
		n = read(0, line + used, 1);
		if (n < 0)
			die("read");
		if (n == 0)
			return 0;
		if (line[used] == '\n')
			break;
		used++;
	}
	line[used] = '\0';
	return 1;
}

static inline int thread_id(void)
{
	return (int)syscall(SYS_gettid);
}

static inline double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Wait for a thread, and answer with the number that it returns. */
static inline void say_joined(pthread_t thread)
{
	void *result;

	pthread_join(thread, &result);
	say("%d", (int)(intptr_t)result);
}

/* A door is shut until somebody opens it; passing does not shut it. */
struct door {
	int fd[2];
};

static inline void door_init(struct door *door)
{
	if (pipe(door->fd))
		die("pipe");
}

static inline void door_open(struct door *door)
{
	if (write(door->fd[1], "x", 1) != 1)
		die("door");
}

/* A cancellation point, and a blocking system call. */
static inline void door_pass(struct door *door)
{
	char c;

	if (read(door->fd[0], &c, 1) != 1)
		die("door");
}

static inline void door_deinit(struct door *door)
{
	close(door->fd[0]);
	close(door->fd[1]);
}

#endif

/*
 * A program that takes every descriptor which it has not opened for its own to
 * close, and soon has data under the same numbers.
 *
 *   pin     -> a thread waits inside work()
 *   free    -> version that this thread ran
 *   call    -> version of work()
 *   replace -> all above 2 closed, and the data opened in their place
 *   churn   -> a thread does that again and again, until `calm`
 *   mute    -> 2 is closed, and a thread writes to it all the time
 *   check   -> "whole" if the data is what it was, and each descriptor the one
 *              that open() gave
 *   data    -> "whole" if the data is what it was
 */
#include <fcntl.h>
#include <semaphore.h>
#include <sys/stat.h>

#include "target.h"

enum { FILES = 24, SIZE = 4096 };

static const char *path;
static struct stat data;
static int files[FILES];
static sem_t go, inside;
static volatile int zero, churning;

ATTR int work(int wait)
{
	if (wait) {
		sem_post(&inside);
		sem_wait(&go);
	}
	return 1 + zero;
}

static void replace(void)
{
	if (close_range(3, ~0u, 0))
		die("close_range");
	/* Not 3, 4, ...: the agent, too, may have opened one by now. */
	for (int i = 0; i < FILES; i++) {
		files[i] = open(path, O_RDWR);
		if (files[i] < 0)
			die("open");
	}
}

static const char *check_data(void)
{
	char bytes[SIZE + 1];
	int fd = open(path, O_RDONLY);

	if (pread(fd, bytes, SIZE + 1, 0) != SIZE)
		return "another size";
	close(fd);
	for (int i = 0; i < SIZE; i++)
		if (bytes[i] != 'd')
			return "the data was written to";
	return "whole";
}

static const char *check(void)
{
	struct stat st;

	for (int i = 0; i < FILES; i++)
		if (fstat(files[i], &st) || st.st_ino != data.st_ino)
			return "a descriptor is another one";
	return check_data();
}

static void *churn(void *unused)
{
	while (churning) {
		replace();
		usleep(50);
	}
	return unused;
}

static void *shout(void *unused)
{
	for (;;) {
		(void)!write(2, "what a mess\n", 12);
		usleep(5);
	}
	return unused;
}

static void *pin(void *unused)
{
	(void)unused;
	return (void *)(intptr_t)work(1);
}

int main(int argc, char **argv)
{
	pthread_t pinned, other;
	char line[64], bytes[SIZE];
	int fd = open(path = argv[1], O_RDWR | O_CREAT, 0600);

	(void)argc;
	memset(bytes, 'd', SIZE);
	if (fd < 0 || write(fd, bytes, SIZE) != SIZE || fstat(fd, &data))
		die("data");
	sem_init(&go, 0, 0);
	sem_init(&inside, 0, 0);
	while (next(line, sizeof(line))) {
		if (!strcmp(line, "pin")) {
			pthread_create(&pinned, NULL, pin, NULL);
			sem_wait(&inside);
			say("pinned");
		} else if (!strcmp(line, "free")) {
			sem_post(&go);
			say_joined(pinned);
		} else if (!strcmp(line, "call")) {
			say("%d", work(0));
		} else if (!strcmp(line, "replace")) {
			replace();
			say("replaced");
		} else if (!strcmp(line, "churn")) {
			churning = 1;
			pthread_create(&other, NULL, churn, NULL);
			say("churning");
		} else if (!strcmp(line, "calm")) {
			churning = 0;
			pthread_join(other, NULL);
			say("calm");
		} else if (!strcmp(line, "mute")) {
			close(2);
			pthread_create(&other, NULL, shout, NULL);
			say("muted");
		} else if (!strcmp(line, "check")) {
			say("%s", check());
		} else if (!strcmp(line, "data")) {
			say("%s", check_data());
		} else {
			die("no such command");
		}
	}
	return 0;
}

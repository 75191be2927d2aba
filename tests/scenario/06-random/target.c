/*
 * A thread asks for a MiB of random bytes again and again.
 *
 *   start getrandom|urandom -> "on"
 *   stop -> how many calls gave less, if any did
 *   call -> the result of work()
 */
#include <fcntl.h>
#include <sys/random.h>

#include "target.h"

static char how[32];
static volatile int stop;

ATTR int work(void)
{
	int value = 1;

	__asm__ volatile("" : "+r"(value));
	return value;
}

static void *body(void *unused)
{
	static char bytes[1 << 20];
	int fd = open("/dev/urandom", O_RDONLY);
	long less = 0;

	(void)unused;
	while (!stop) {
		ssize_t n = how[0] == 'g' ? getrandom(bytes, sizeof(bytes), 0)
					  : read(fd, bytes, sizeof(bytes));

		less += n != sizeof(bytes);
	}
	close(fd);
	return (void *)(intptr_t)less;
}

int main(void)
{
	pthread_t thread;
	char line[64];

	while (next(line, sizeof(line))) {
		if (!strncmp(line, "start ", 6)) {
			strcpy(how, line + 6);
			stop = 0;
			pthread_create(&thread, NULL, body, NULL);
			say("on");
		} else if (!strcmp(line, "stop")) {
			stop = 1;
			say_joined(thread);
		} else {
			say("%d", work());
		}
	}
	return 0;
}

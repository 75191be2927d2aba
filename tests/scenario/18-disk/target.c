/*
 * One thread writes to a file, another answers.
 *
 *   call        -> version of work()
 *   write FILE  -> nothing: a thread writes to it
 *   written     -> how many bytes it wrote
 *   alone FILE  -> the same by the first thread
 */
#include <fcntl.h>

#include "target.h"

ATTR int work(void)
{
	return 1;
}

static char file[4096];

static void *append(void *unused)
{
	int fd = open(file, O_WRONLY | O_APPEND);
	long n = write(fd, "x", 1);

	(void)unused;
	close(fd);
	return (void *)n;
}

int main(void)
{
	char line[sizeof(file) + 16];
	pthread_t writer;

	while (next(line, sizeof(line))) {
		if (sscanf(line, "write %4095s", file) == 1)
			pthread_create(&writer, NULL, append, NULL);
		else if (sscanf(line, "alone %4095s", file) == 1)
			say("%d", (int)(intptr_t)append(NULL));
		else if (strcmp(line, "written") == 0)
			say_joined(writer);
		else
			say("%d", work());
	}
	return 0;
}

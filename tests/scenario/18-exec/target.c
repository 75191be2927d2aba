/*
 * A program that becomes itself again and again, with threads that are busy until
 * then, as long as the file that is named exists. Ends with 0.
 */
#include "target.h"

static volatile int zero;

ATTR int work(int value)
{
	return value + 1 + zero;
}

static void *spin(void *unused)
{
	while (work(0))
		;
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	(void)argc;
	for (int i = 0; i < 3; i++)
		pthread_create(&thread, NULL, spin, NULL);
	usleep(8000 + (unsigned)getpid() % 7 * 2000);
	if (access(argv[1], F_OK) == 0)
		execv("/proc/self/exe", argv);
	return 0;
}

/*
 * Has given up its rights, and with them those to make processes and threads, as
 * Dovecot's login processes do.
 *
 *   soft  it was started without rights, and could take the limit back itself
 *   call  -> version of work()
 *   limit -> the number of processes and threads that it may have
 */
#include <sys/prctl.h>
#include <sys/resource.h>

#include "target.h"

#define USER 61234

static volatile int zero;

ATTR int work(int value)
{
	return value + 1 + zero;
}

int main(int argc, char **argv)
{
	struct rlimit limit = { 1, 1 };
	pthread_t thread;
	char line[64];

	if (argc > 1 && !strcmp(argv[1], "soft")) {
		getrlimit(RLIMIT_NPROC, &limit);
		limit.rlim_cur = 1;
	}
	if (setrlimit(RLIMIT_NPROC, &limit) ||
	    (argc == 1 && (setgid(USER) || setuid(USER))))
		die("rights");
	if (pthread_create(&thread, NULL, (void *(*)(void *))pause, NULL) == 0)
		die("a thread could be made");
	while (next(line, sizeof(line))) {
		getrlimit(RLIMIT_NPROC, &limit);
		if (!strcmp(line, "call"))
			say("%d", work(0));
		else
			say("%lu", limit.rlim_cur);
	}
	return 0;
}

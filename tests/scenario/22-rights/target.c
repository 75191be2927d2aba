/*
 * A master with a worker that is another user, as web servers have.
 *
 *   call   -> version of the master's work()
 *   worker -> version of the worker's
 *   pid    -> the worker's id
 */
#include "../target.h"

#include <grp.h>
#include <sys/prctl.h>

static volatile int zero;

ATTR int work(int wait)
{
	return 1 + zero + (wait && zero);
}

static void worker(int in, int out)
{
	char c;

	if (geteuid() == 0 &&
	    (setgroups(0, NULL) || setgid(65534) || setuid(65534)))
		die("setuid");
	while (read(in, &c, 1) == 1) {
		c = (char)('0' + work(0));
		if (write(out, &c, 1) != 1)
			die("write");
	}
	_exit(0);
}

int main(void)
{
	int to[2], from[2];
	char line[64], c;
	pid_t pid;

	if (pipe(to) || pipe(from))
		die("pipe");
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(to[1]);
		worker(to[0], from[1]);
	}
	while (next(line, sizeof(line))) {
		if (!strcmp(line, "pid"))
			say("%d", pid);
		else if (!strcmp(line, "call"))
			say("%d", work(0));
		else if (!strcmp(line, "worker") && write(to[1], "x", 1) == 1 &&
			 read(from[0], &c, 1) == 1)
			say("%c", c);
		else
			die("no such command");
	}
	return 0;
}

/* exec PATH -> what execve() and posix_spawn() say of it */
#include <spawn.h>

#include "target.h"

extern char **environ;

int main(int count, char **words)
{
	char line[4096];
	pid_t pid;

	(void)count;
	while (next(line, sizeof(line))) {
		execve(line + 5, words, environ);
		say("%d %d", errno, posix_spawn(&pid, line + 5, NULL, NULL, words, environ));
	}
	return 0;
}

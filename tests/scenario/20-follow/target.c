/*
 * Starts itself in every way there is, each time with an empty environment.
 * The child answers with the version of work() that it runs.
 *
 *   NAME        -> version in the child
 *   other NAME  -> the same, but a copy of the program with this name
 */
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

#include "../target.h"

static volatile int zero;
static char *none[] = {NULL};
static char *words[] = {"child", "child", NULL};
extern char **environ;

ATTR int work(void)
{
	return 1 + zero;
}

static void start(const char *how, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (!strcmp(how, "execve"))
		execve(path, words, none);
	else if (!strcmp(how, "execle"))
		execle(path, "child", "child", NULL, none);
	else if (!strcmp(how, "execvpe"))
		execvpe(path, words, none);
	else if (!strcmp(how, "fexecve"))
		fexecve(fd, words, none);
	else if (!strcmp(how, "execveat"))
		execveat(fd, "", words, none, AT_EMPTY_PATH);
	environ = none;
	if (!strcmp(how, "execv"))
		execv(path, words);
	else if (!strcmp(how, "execvp"))
		execvp(path, words);
	else if (!strcmp(how, "execl"))
		execl(path, "child", "child", NULL);
	else if (!strcmp(how, "execlp"))
		execlp(path, "child", "child", NULL);
	_exit(99);
}

static int run(const char *how, const char *path)
{
	int status = 0;
	pid_t pid;

	if (!strcmp(how, "posix_spawn"))
		status = posix_spawn(&pid, path, NULL, NULL, words, none);
	else if (!strcmp(how, "posix_spawnp"))
		status = posix_spawnp(&pid, path, NULL, NULL, words, none);
	else if (!strcmp(how, "vfork") && (pid = vfork()) == 0)
		execve(path, words, none), _exit(98);
	else if (strcmp(how, "vfork") && (pid = fork()) == 0)
		start(how, path);
	if (status || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		die("child");
	return WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
	char line[256], *name;

	if (argc == 2 && !strcmp(argv[1], "child"))
		return work();
	while (next(line, sizeof(line))) {
		name = strncmp(line, "other ", 6) ? line : line + 6;
		say("%d", run(name, name == line ? argv[0] : argv[1]));
	}
	return 0;
}

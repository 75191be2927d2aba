/*
 * A service whose patches stay.
 *
 *   call        -> version of work(), which also ran before main()
 *   load PATH   -> versions of late() and plain() in that library
 *   threads     -> number of threads
 *   once        (as an argument) work() once, then the end: its version is
 *               the status
 *   daemon FILE (as arguments) a daemon that writes its version to FILE
 *   session 1 2 (as arguments) it has had a child, then the same as without
 */
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/wait.h>

#include "../target.h"

static volatile int zero;
static int early;

ATTR int work(void)
{
	return 1 + zero;
}

__attribute__((constructor)) static void first(int argc)
{
	if (argc != 3) /* a daemon begins later */
		early = work();
}

static void load(const char *path)
{
	void *handle = dlopen(path, RTLD_NOW);
	int (*late)(void), (*plain)(void);

	if (!handle)
		die(dlerror());
	*(void **)&late = dlsym(handle, "late");
	*(void **)&plain = dlsym(handle, "plain");
	say("%d %d", late(), plain());
}

static void write_version(const char *path)
{
	int version = work();
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0644);

	dprintf(fd, "%d\n", version);
	close(fd);
}

static int threads(void)
{
	DIR *dir = opendir("/proc/self/task");
	int count = -2;

	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

int main(int argc, char **argv)
{
	char line[4096];

	if (argc == 2)
		return work();
	if (argc == 3) {
		if (daemon(1, 0) != 0)
			die("daemon");
		write_version(argv[2]);
		return 0;
	}
	if (argc == 4 && fork() == 0)
		_exit(0);
	if (argc == 4)
		wait(NULL);
	while (next(line, sizeof(line))) {
		if (!strcmp(line, "call"))
			say("%d%d", early, work());
		else if (!strncmp(line, "load ", 5))
			load(line + 5);
		else if (!strcmp(line, "threads"))
			say("%d", threads());
		else
			die("no such command");
	}
	return 0;
}

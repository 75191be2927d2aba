/*
 * A program with one thread that forks all the time, as a server does with a
 * process for each request. Having one thread, it may do in the child what it
 * likes: here it loads a library, as a look-up of a user's name does.
 *
 * On other threads than its own the loader is slow, so that its lock is held for
 * long: the second argument is how many microseconds it takes for an object.
 *
 *   -> "stuck" if a child does not end; else, at the end of the input,
 *      "children N"
 */
#include <dlfcn.h>
#include <link.h>
#include <sys/wait.h>

#include "target.h"

static volatile int zero;
static useconds_t slowness;

ATTR int work(int value)
{
	return value + 1 + zero;
}

typedef int visitor(struct dl_phdr_info *, size_t, void *);

struct visit {
	visitor *visit;
	void *data;
};

static int visit_slowly(struct dl_phdr_info *info, size_t size, void *data)
{
	const struct visit *v = data;

	if (thread_id() != getpid())
		usleep(slowness);
	return v->visit(info, size, v->data);
}

int dl_iterate_phdr(visitor *visit, void *data)
{
	int (*real)(visitor *, void *) =
		(int (*)(visitor *, void *))dlsym(RTLD_NEXT, "dl_iterate_phdr");
	struct visit v = { visit, data };

	return real(visit_slowly, &v);
}

static void child(const char *library)
{
	void *handle;

	alarm(5);
	handle = dlopen(library, RTLD_NOW);
	if (!handle)
		_exit(2);
	dlclose(handle);
	_exit(work(0) == 1 || work(0) == 2 ? 0 : 3);
}

int main(int argc, char **argv)
{
	struct pollfd in = { 0, POLLIN, 0 };
	long children = 0;

	char line[8];

	if (argc != 3)
		return 1;
	slowness = (useconds_t)atoi(argv[2]);
	next(line, sizeof(line)); /* the agent is there */
	while (poll(&in, 1, 0) == 0) {
		int status;
		pid_t pid = fork();

		if (pid == 0)
			child(argv[1]);
		if (waitpid(pid, &status, 0) != pid || status != 0) {
			say("stuck: status %#x", status);
			return 1;
		}
		children++;
	}
	say("children %ld", children);
	return 0;
}

/*
 * Forks while an update is pending, from a thread that is not inside work()
 * and from one that is.
 *
 *   pin          -> "pinned": a thread waits inside work()
 *   free         -> the result of that call, 1 for the old code
 *   fork         -> "child PID": a fork here; the child calls work() all the
 *                   time until "end PID"
 *   fork-inside  -> the same by the pinned thread, inside work(): the child
 *                   first returns from it
 *   seen PID     -> first and last version that the child saw, and how often
 *   end PID      -> exit status of the child
 *   spawn / spawn-inside -> what became of posix_spawn, vfork, system, popen
 *   exec         -> the program starts anew
 *   call         -> result of work() here
 */
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "target.h"

extern char **environ;

struct child {
	pid_t pid;
	volatile int first, last, end, wrong;
	volatile long calls;
};

#define CHILDREN 64
static struct child *children; /* shared with them */
static int used;
static struct door asked, answered;
static char text[128];

static void fork_child(void);
static void spawn_all(char *ret, size_t size);

/* The function that is patched: with wait it does as it is told inside. */
ATTR int work(int wait)
{
	int mark = 1;

	__asm__ volatile("" : "+r"(mark));
	while (wait) {
		char order;

		if (read(asked.fd[0], &order, 1) != 1)
			die("read");
		if (order == 'r')
			break;
		if (order == 'f')
			fork_child();
		else
			spawn_all(text, sizeof(text));
		if (order == 'f' && getpid() == children[used - 1].pid)
			break; /* the child returns */
		door_open(&answered);
	}
	return mark;
}

/* What a child does until it is told to end. */
static void child_main(struct child *me, int first)
{
	me->first = first;
	while (!me->end) {
		int version = work(0);

		if (version != 1 && version != 2)
			me->wrong = 1;
		me->last = version;
		me->calls++;
		usleep(500);
	}
	_exit(me->wrong ? 3 : 7);
}

static void fork_child(void)
{
	struct child *child = &children[used++ % CHILDREN];
	pid_t pid;

	memset(child, 0, sizeof(*child));
	pid = fork();
	if (pid < 0)
		die("fork");
	child->pid = pid ? pid : getpid();
}

static void spawn_all(char *ret, size_t size)
{
	char *const arguments[] = { "sh", "-c", "exit 5", NULL };
	int status, spawned, vforked, systemed, popened;
	FILE *pipe;
	pid_t pid;

	if (posix_spawn(&pid, "/bin/sh", NULL, NULL, arguments, environ))
		die("posix_spawn");
	waitpid(pid, &status, 0);
	spawned = WEXITSTATUS(status);
	pid = vfork();
	if (pid == 0) {
		execv("/bin/sh", arguments);
		_exit(99);
	}
	waitpid(pid, &status, 0);
	vforked = WEXITSTATUS(status);
	systemed = WEXITSTATUS(system("exit 6"));
	pipe = popen("exit 8", "r");
	popened = pipe ? WEXITSTATUS(pclose(pipe)) : -1;
	snprintf(ret, size, "%d %d %d %d", spawned, vforked, systemed, popened);
}

static void *pin_main(void *result)
{
	int mine = getpid();
	int version = work(1);

	if (getpid() != mine)
		child_main(&children[used - 1], version);
	*(int *)result = version;
	return NULL;
}

static void order_inside(char order)
{
	if (write(asked.fd[1], &order, 1) != 1)
		die("write");
	if (order != 'r')
		door_pass(&answered);
}

static struct child *child_of(pid_t pid)
{
	for (int i = 0; i < CHILDREN; i++)
		if (children[i].pid == pid)
			return &children[i];
	die("no such child");
	return NULL;
}

static void end_child(struct child *child)
{
	int status;

	child->end = 1;
	waitpid(child->pid, &status, 0);
	if (WIFSIGNALED(status))
		say("signal %d", WTERMSIG(status));
	else
		say("%d", WEXITSTATUS(status));
}

int main(int argc, char **argv)
{
	int result = 0, pid;
	pthread_t pin;
	char line[64];

	(void)argc;
	children = mmap(NULL, CHILDREN * sizeof(*children),
			PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);
	door_init(&asked);
	door_init(&answered);
	while (next(line, sizeof(line))) {
		if (!strcmp(line, "pin")) {
			pthread_create(&pin, NULL, pin_main, &result);
			order_inside('s');
			say("pinned");
		} else if (!strcmp(line, "free")) {
			order_inside('r');
			pthread_join(pin, NULL);
			say("%d", result);
		} else if (!strcmp(line, "fork")) {
			pid_t mine = getpid();

			fork_child();
			if (getpid() != mine)
				child_main(&children[used - 1], work(0));
			say("child %d", children[used - 1].pid);
		} else if (!strcmp(line, "fork-inside")) {
			order_inside('f');
			say("child %d", children[used - 1].pid);
		} else if (sscanf(line, "seen %d", &pid) == 1) {
			struct child *child = child_of(pid);

			say("%d %d %ld", child->first, child->last,
			    child->calls);
		} else if (sscanf(line, "end %d", &pid) == 1) {
			end_child(child_of(pid));
		} else if (!strcmp(line, "spawn")) {
			spawn_all(text, sizeof(text));
			say("%s", text);
		} else if (!strcmp(line, "spawn-inside")) {
			order_inside('s');
			say("%s", text);
		} else if (!strcmp(line, "exec")) {
			execv(argv[0], argv);
			die("exec");
		} else if (!strcmp(line, "call")) {
			say("%d", work(0));
		} else {
			die("no such command");
		}
	}
	return 0;
}

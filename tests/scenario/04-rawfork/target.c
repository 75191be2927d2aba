/*
 * A program whose children come without fork(3).
 *   pin -> a thread stays in work()
 *   forks HOW -> makes children for 3 s, each calls work() 20 times; says the longest time, in ms
 *   keep HOW -> makes one that stays; says its id
 */
#include <sys/wait.h>
#include <sys/mman.h>
#include <sched.h>
#include "target.h"

static volatile int zero;
static struct door inside, go;
ATTR int work(int value)
{
	if (value == -1) {
		door_open(&inside);
		door_pass(&go);
	}
	return value + 1 + zero;
}

static void *pin(void *unused)
{
	work(-1);
	return unused;
}

static pid_t child(const char *how)
{
	if (!strcmp(how, "fork"))
		return fork();
	if (!strcmp(how, "_Fork"))
		return _Fork();
	return (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

int main(void)
{
	pthread_t t;
	char line[256];
	double *longest = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	door_init(&inside);
	door_init(&go);
	while (next(line, sizeof(line))) {
		if (!strcmp(line, "pin")) {
			pthread_create(&t, NULL, pin, NULL);
			door_pass(&inside);
			say("pinned");
		} else if (!strncmp(line, "forks ", 6)) {
			double end = now() + 3;
			int n = 0, slow = 0;
			while (now() < end) {
				pid_t pid = child(line + 6);
				if (pid < 0)
					die("fork");
				if (pid == 0) {
					double start = now(), took;
					for (int i = 0; i < 20; i++)
						work(1);
					took = (now() - start) * 1e3;
					if (took > *longest)
						*longest = took;
					_exit(took > 700);
				}
				int status;
				waitpid(pid, &status, 0);
				slow += WEXITSTATUS(status);
				n++;
			}
			say("%d children, %d slow, longest %.0f ms", n, slow, *longest);
		} else if (!strncmp(line, "keep ", 5)) {
			pid_t pid = child(line + 5);

			while (pid == 0)
				usleep(10000);
			say("%d", (int)pid);
		} else {
			say("%d", work(1));
		}
	}
	return 0;
}

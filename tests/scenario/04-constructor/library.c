/* Its constructor waits for a thread that forks. */
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

static void *forks(void *unused)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	waitpid(pid, NULL, 0);
	return unused;
}

__attribute__((constructor)) static void start(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, forks, NULL);
	pthread_join(thread, NULL);
}

/*
 * Libraries that one thread loads while another has just loaded one, or where no
 * descriptor is left at the end of it.
 *
 *   beside   -> what the second thread gets of its library, at once
 *   short    -> what the library without descriptors answers, and the one after it
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <semaphore.h>
#include <sys/resource.h>

#include "target.h"

int taken[64];
int take;
sem_t loading;

void constructed(void); /* by the libraries */
void constructed(void)
{
	size_t n = 0;

	if (take) {
		while (n < sizeof(taken) / sizeof(*taken) &&
		       (taken[n] = open("/dev/null", O_RDONLY)) >= 0)
			n++;
		return;
	}
	sem_post(&loading);
	usleep(300000);
}

static int ask(const char *name)
{
	void *handle = dlopen(name, RTLD_NOW);
	int (*version)(void) = NULL;

	if (handle)
		*(void **)&version = dlsym(handle, "version");
	return version ? version() : -1;
}

static void *second(void *unused)
{
	(void)unused;
	return (void *)(long)ask("libloads.so");
}

int main(void)
{
	struct rlimit limit = {32, 32};
	char line[100];
	pthread_t thread;
	void *answer;
	int first;

	sem_init(&loading, 0, 0);
	while (next(line, sizeof(line))) {
		if (!strcmp(line, "beside")) {
			dlopen("libplain.so", RTLD_NOW);
			if (pthread_create(&thread, NULL, second, NULL))
				die("pthread_create");
			sem_wait(&loading);
			dlsym(RTLD_DEFAULT, "nothing"); /* looks for both */
			pthread_join(thread, &answer);
			say("%ld", (long)answer);
			continue;
		}
		setrlimit(RLIMIT_NOFILE, &limit);
		take = 1;
		first = ask("libloads.so");
		for (size_t n = 0; n < sizeof(taken) / sizeof(*taken) && taken[n] > 2; n++)
			close(taken[n]);
		ask("libplain.so");
		say("%d %d", first, ask("libloads.so"));
	}
	return 0;
}

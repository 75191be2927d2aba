/*
 * work() opens a library that is found by the program's own search path, at its end:
 * libc sees by the return address who asks.
 *
 *   pin  -> a thread waits inside work(); free -> "free"
 *   open -> whether work() could
 */
#include <dlfcn.h>
#include <semaphore.h>

#include "target.h"

static sem_t go, inside;

ATTR void *work(const char *name)
{
	if (!name) {
		sem_post(&inside);
		sem_wait(&go);
		name = "libfound.so";
	}
	return dlopen(name, RTLD_NOW);
}

static void *pin(void *unused)
{
	(void)unused;
	return work(NULL);
}

int main(void)
{
	pthread_t pinned;
	char line[64];

	sem_init(&go, 0, 0);
	sem_init(&inside, 0, 0);
	while (next(line, sizeof(line))) {
		if (!strcmp(line, "pin")) {
			pthread_create(&pinned, NULL, pin, NULL);
			sem_wait(&inside);
			say("pinned");
		} else if (!strcmp(line, "free")) {
			void *handle;

			sem_post(&go);
			pthread_join(pinned, &handle);
			say("%s", handle ? "open" : "not found");
		} else {
			say("%s", work("libfound.so") ? "open" : dlerror());
		}
	}
	return 0;
}

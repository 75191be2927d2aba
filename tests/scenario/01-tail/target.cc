/*
 * A thread waits inside first(), which ends with a jump to second().
 *
 *   start HOW    a thread waits inside first(); then second() returns or throws
 *   go           it goes on, and waits inside second()
 *   leave        what became of it
 *   pin, free    another thread waits inside second(), called as usual
 *   call         the result of second()
 */
#include "target.h"

struct job {
	char how[16], result[32];
	struct door inside[2], go[2];
	pthread_t thread;
};

static struct job tail, pinned;

ATTR int second(struct job *job)
{
	if (!job)
		return 1;
	door_open(&job->inside[1]);
	door_pass(&job->go[1]);
	if (!strncmp(job->how, "throw", 5))
		throw 42;
	if (!strcmp(job->how, "pthread_exit"))
		pthread_exit(NULL);
	return 1;
}

ATTR int first(struct job *job)
{
	door_open(&job->inside[0]);
	door_pass(&job->go[0]);
	return second(job);
}

ATTR int near(struct job *job)
{
	if (strcmp(job->how, "throw-near"))
		return first(job) + 10;
	try {
		return first(job);
	} catch (int value) {
		return value;
	}
}

ATTR int far(struct job *job)
{
	try {
		return near(job) + 100;
	} catch (int value) {
		return value + 1;
	}
}

static void *tail_main(void *)
{
	snprintf(tail.result, sizeof(tail.result), "%d", far(&tail));
	return NULL;
}

static void *pin_main(void *)
{
	second(&pinned);
	return NULL;
}

static void job_init(struct job *job, const char *how)
{
	memset(job, 0, sizeof(*job));
	snprintf(job->how, sizeof(job->how), "%s", how);
	snprintf(job->result, sizeof(job->result), "ended");
	for (int i = 0; i < 2; i++) {
		door_init(&job->inside[i]);
		door_init(&job->go[i]);
	}
}

static void job_join(struct job *job)
{
	door_open(&job->go[1]);
	pthread_join(job->thread, NULL);
	for (int i = 0; i < 2; i++) {
		door_deinit(&job->inside[i]);
		door_deinit(&job->go[i]);
	}
}

int main()
{
	char line[64], how[16];

	while (next(line, sizeof(line))) {
		if (sscanf(line, "start %15s", how) == 1) {
			job_init(&tail, how);
			pthread_create(&tail.thread, NULL, tail_main, NULL);
			door_pass(&tail.inside[0]);
			say("inside");
		} else if (!strcmp(line, "go")) {
			door_open(&tail.go[0]);
			door_pass(&tail.inside[1]);
			say("inside");
		} else if (!strcmp(line, "leave")) {
			job_join(&tail);
			say("%s", tail.result);
		} else if (!strcmp(line, "pin")) {
			job_init(&pinned, "return");
			pthread_create(&pinned.thread, NULL, pin_main, NULL);
			door_pass(&pinned.inside[1]);
			say("inside");
		} else if (!strcmp(line, "free")) {
			job_join(&pinned);
			say("free");
		} else if (!strcmp(line, "call")) {
			say("%d", second(NULL));
		}
	}
	return 0;
}

/*
 * One call, in a thread; the main thread answers.
 *   start HOW -> "in"
 *   result -> "returned, rest or errno, took ms"
 */
#include <sys/select.h>
#include <sys/sem.h>
#include <threads.h>
#include "target.h"
static volatile int zero;
ATTR int work(int value)
{
	return value + 1 + zero;
}
static char how[100];
static char answer[200];
static volatile int done;
static void *body(void *unused)
{
	double start = now();
	int rc = -9;
	struct timespec t = {2, 0};
	errno = 0;
	if (!strcmp(how, "nanosleep-same"))
		rc = nanosleep(&t, &t);
	else if (!strcmp(how, "clock-same"))
		rc = clock_nanosleep(CLOCK_MONOTONIC, 0, &t, &t);
	else if (!strcmp(how, "raw-same"))
		rc = (int)syscall(SYS_nanosleep, &t, &t);
	else if (!strcmp(how, "rawclock-same"))
		rc = (int)syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &t, &t);
	else if (!strcmp(how, "usleep"))
		rc = usleep(2000000);
	else if (!strcmp(how, "sleep"))
		rc = (int)sleep(2);
	else if (!strcmp(how, "thrd"))
		rc = thrd_sleep(&t, &t);
	else if (!strcmp(how, "poll"))
		rc = poll(NULL, 0, 2000);
	else if (!strcmp(how, "cputime"))
		rc = -7;
	snprintf(answer, sizeof(answer), "%d errno %d took %.2f", rc, errno, now() - start);
	done = 1;
	return unused;
}
int main(void)
{
	char line[100];
	pthread_t t;
	while (next(line, sizeof(line))) {
		if (!strncmp(line, "start ", 6)) {
			strcpy(how, line + 6);
			done = 0;
			pthread_create(&t, NULL, body, NULL);
			say("in");
		} else if (!strcmp(line, "result")) {
			pthread_join(t, NULL);
			say("%s", answer);
		} else {
			say("%d", work(1));
		}
	}
	return 0;
}

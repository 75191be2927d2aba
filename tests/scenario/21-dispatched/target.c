/*
 * As 21-dispatch, while an update waits for a thread that is inside.
 *
 *   enter      -> a thread goes into work() for good
 *   dispatch N -> for N seconds the system calls of this one are given to the program;
 *                 it calls work() meanwhile, and then says what that returned
 *   leave      -> the thread comes out; what work() returns
 */
#include <sys/prctl.h>

#include "target.h"

static volatile char selector; /* 1: block */
static volatile int stay;
static volatile int inside;
static pthread_t thread;

ATTR int work(void)
{
	int value = 1;

	while (stay && pthread_equal(pthread_self(), thread))
		inside = 1;
	__asm__ volatile("" : "+r"(value));
	return value;
}

static void *enter(void *unused)
{
	work();
	return unused;
}

int main(void)
{
	char line[64];
	int got;

	while (next(line, sizeof(line))) {
		if (!strcmp(line, "enter")) {
			stay = 1;
			if (pthread_create(&thread, NULL, enter, NULL))
				die("pthread_create");
			while (!inside)
				;
			say("in");
		} else if (!strncmp(line, "dispatch ", 9)) {
			double end = now() + atoi(line + 9);

			if (prctl(59 /* PR_SET_SYSCALL_USER_DISPATCH */, 1, 0, 0,
				  &selector)) {
				say("cannot");
				continue;
			}
			selector = 1;
			do
				got = work();
			while (now() < end); /* of the vDSO */
			selector = 0;
			say("%d", got);
		} else {
			stay = 0;
			pthread_join(thread, NULL);
			say("%d", work());
		}
	}
	return 0;
}

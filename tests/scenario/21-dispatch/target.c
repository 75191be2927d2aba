/*
 * A program that has its system calls given to itself, as Wine has those of Windows
 * programs (Documentation/admin-guide/syscall-user-dispatch.rst).
 *
 *   dispatch N -> for N seconds each call would be; then "done"
 *   counter    -> it forbids itself rdtsc, and waits with a limit
 *   call       -> the result of work()
 */
#include <poll.h>
#include <sys/prctl.h>

#include "target.h"

static volatile char selector; /* 1: block */

ATTR int work(void)
{
	int value = 1;

	__asm__ volatile("" : "+r"(value));
	return value;
}

int main(void)
{
	char line[64];

	while (next(line, sizeof(line))) {
		if (!strncmp(line, "dispatch ", 9)) {
			double end = now() + atoi(line + 9);

			if (prctl(59 /* PR_SET_SYSCALL_USER_DISPATCH */, 1, 0, 0,
				  &selector)) {
				say("cannot");
				continue;
			}
			say("on");
			selector = 1;
			while (now() < end) /* of the vDSO */
				;
			selector = 0;
			say("done");
		} else if (!strcmp(line, "counter")) {
			if (prctl(PR_SET_TSC, PR_TSC_SIGSEGV, 0, 0, 0))
				die("prctl");
			poll(NULL, 0, 10);
			say("refused");
		} else {
			say("%d", work());
		}
	}
	return 0;
}

/*
 * A program that helps: it defers patches, and it tells safe points.
 *
 *   call   -> version of work()
 *   begin, end  -> a deferred section of this thread
 *   agent  -> is there one?
 *   point  -> a safe point
 *   fork   -> "child PID": a child that waits, with the sections of its parent
 */
#include <opus-livepatch/safe.h>

#include "../target.h"

static volatile int zero;

ATTR int work(void)
{
	return 1 + zero;
}

int main(void)
{
	char line[64];

	while (next(line, sizeof(line))) {
		if (!strcmp(line, "begin"))
			OPUS_LP_DEFER_BEGIN();
		else if (!strcmp(line, "end"))
			OPUS_LP_DEFER_END();
		else if (!strcmp(line, "fork")) {
			pid_t pid = fork();

			if (pid == 0) {
				pause();
				_exit(0);
			}
			say("%d", (int)pid);
			continue;
		} else if (!strcmp(line, "agent")) {
			say("%s", opus_lp_safe_point ? "yes" : "no");
			continue;
		} else if (!strcmp(line, "point")) {
			OPUS_LP_SAFE_POINT();
		} else if (strcmp(line, "call") != 0) {
			die("no such command");
		}
		say("%d", work());
	}
	return 0;
}

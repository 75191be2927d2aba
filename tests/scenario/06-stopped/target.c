/*
 * Makes one call that waits for ever, or a thousand seconds, and says if it ends.
 *
 *   poll | nanosleep | syscall-poll | syscall-futex
 *   -> "ready", then nothing; else what the call returned
 */
#include "target.h"

static long wait_for_ever(const char *how)
{
	struct timespec limit = { 1000, 0 };
	int word = 0;

	if (strcmp(how, "poll") == 0)
		return poll(NULL, 0, -1);
	if (strcmp(how, "nanosleep") == 0)
		return nanosleep(&limit, NULL);
	if (strcmp(how, "syscall-poll") == 0)
		return syscall(SYS_poll, NULL, 0, 1000000);
	if (strcmp(how, "syscall-futex") == 0)
		return syscall(SYS_futex, &word, 0 /* FUTEX_WAIT */, 0, &limit,
			       NULL, 0);
	die("usage");
}

int main(int argc, char **argv)
{
	long result;

	if (argc != 2)
		die("usage");
	say("ready");
	result = wait_for_ever(argv[1]);
	say("ended with %ld: %s", result, strerror(errno));
	return 1;
}

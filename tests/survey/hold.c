/*
 * hold.c - keep a program before its main() until it is told to go on.
 *
 * Called by:  the dynamic linker, in programs of the survey (LD_PRELOAD).
 * Runs on:    constructor.
 * Locks:      none.
 * Signal:     unsafe: none installed.
 *
 * So any program, whatever it does and however short it lives, can be patched
 * and then run with the patch in it.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

__attribute__((constructor)) static void hold(void)
{
	const char *fd = getenv("SURVEY_HOLD");
	char byte;

	if (!fd)
		return;
	while (read(atoi(fd), &byte, 1) < 0 && errno == EINTR)
		;
	unsetenv("SURVEY_HOLD");
}

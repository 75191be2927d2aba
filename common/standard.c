/*
 * standard.c - descriptors 0, 1 and 2 of a command.
 *
 * Called by:  main() of the commands.
 * Runs on:    command, before it opens anything.
 * Locks:      none.
 * Signal:     safe.
 */
#include "standard.h"

#include <fcntl.h>

void standard_open(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
			return;
}

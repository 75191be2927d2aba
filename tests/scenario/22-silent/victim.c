/*
 * victim FILE KIND: map a file without reading from it, and sleep.
 *
 *   object  as a library's first segment is
 *   agent   as the agent's data is
 *   data    shared, as a data base is; then answer as ../echo.c does
 *   none    not at all
 */
#include <fcntl.h>
#include <sys/mman.h>

#include "target.h"

static volatile int zero;

ATTR int work(int wait)
{
	return 1 + zero + wait;
}

#ifdef OTHER
int build_id_of_its_own = 1;
#endif

int main(int argc, char **argv)
{
	char line[64];
	int fd = argc == 3 ? open(argv[1], O_RDONLY) : -1;
	const char *kind = fd < 0 ? "none" : argv[2];
	int writes = strcmp(kind, "agent") == 0 ? PROT_WRITE : 0;

	if (strcmp(kind, "none") != 0 &&
	    mmap(NULL, 8192, PROT_READ | writes,
		 strcmp(kind, "data") == 0 ? MAP_SHARED : MAP_PRIVATE, fd, 0) ==
		    MAP_FAILED)
		return 1;
	while (next(line, sizeof(line)))
		say("%d", work(0));
	return 0;
}

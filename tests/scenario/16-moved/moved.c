/*
 * moved.c - a program that moves its code to memory without a file before main, as
 * those do that want large pages for it.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static void move(char *start, size_t size)
{
	char *copy = mmap(NULL, size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	/* This very code goes on in the copy: it is the same. */
	if (copy == MAP_FAILED || !memcpy(copy, start, size) ||
	    mprotect(copy, size, PROT_READ | PROT_EXEC) != 0 ||
	    mremap(copy, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, start) != start)
		abort();
}

__attribute__((constructor)) static void move_all(void)
{
	uintptr_t here = (uintptr_t)move, start, end;
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[4096];

	while (maps && fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%lx", &start, &end) == 2 && start <= here &&
		    here < end) {
			fclose(maps);
			move((char *)start, end - start);
			return;
		}
	abort();
}

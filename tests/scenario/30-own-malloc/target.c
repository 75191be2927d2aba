/*
 * Blocks of memory from a function of its own and from one of libc.
 *
 *   own, libc -> "own" or "foreign", and the block's text
 */
#include <dlfcn.h>

#include "target.h"

ATTR char *label_make(void);
ATTR char *label_make(void)
{
	char *block = malloc(4);

	if (block)
		memcpy(block, "old", 4);
	return block;
}

int main(void)
{
	int (*is_own)(const void *);
	char line[64];

	*(void **)&is_own = dlsym(RTLD_DEFAULT, "is_of_allocator");
	while (next(line, sizeof(line))) {
		char *block = !strcmp(line, "own") ? label_make() : strdup("old");

		say("%s %s", is_own && is_own(block) ? "own" : "foreign", block);
		free(block);
	}
	return 0;
}

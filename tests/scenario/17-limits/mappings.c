/*
 * mappings.c - a program that has as many mappings as it may have, and gives some
 * back: "leave N", to which it answers with what work() returns.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "../target.h"

#define PAGE 4096l

ATTR int work(void)
{
	return 1;
}

int main(void)
{
	long most = 0, used = 0;
	char line[64];
	char *pages;
	FILE *file = fopen("/proc/sys/vm/max_map_count", "r");

	if (!file || fscanf(file, "%ld", &most) != 1)
		return 1;
	fclose(file);
	pages = mmap(NULL, (size_t)(most * PAGE), PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (pages == MAP_FAILED)
		return 1;
	setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof(line), stdin)) {
		/* Every second page has another protection: two mappings for each. */
		while (mprotect(pages + used * 2 * PAGE, PAGE, PROT_READ) == 0)
			used++;
		for (long left = atol(line + 6); left > 0 && used > 0; left -= 2)
			mprotect(pages + --used * 2 * PAGE, PAGE, PROT_READ | PROT_WRITE);
		printf("%d\n", work());
	}
	return 0;
}

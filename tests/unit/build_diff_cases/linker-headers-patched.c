/*
 * Code that reads the headers of its own object: those of the program, not of the patch.
 *
 * replaces: user
 * output: 1 1
 * output: 1 1
 */
//@ a.c
#include <link.h>
#include <stdio.h>
#include "tests/unit/build_apply.h"
extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));
extern ElfW(Dyn) _DYNAMIC[];
__attribute__((noipa)) void user(int n)
{
	int debug = 0;

	for (ElfW(Dyn) *d = _DYNAMIC; d->d_tag != DT_NULL; d++)
		debug += d->d_tag == DT_DEBUG;
	n -= 5; //-
	n -= 6; //+
	printf("%d %d\n", debug, __ehdr_start.e_entry != 0 && n < 0);
}
int main(int argc, char **argv)
{
	user(argc);
	apply(argv[argc - 1]);
	user(argc);
	return 0;
}

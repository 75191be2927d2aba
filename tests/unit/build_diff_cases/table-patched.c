/*
 * Constant data that changes travels, with pointers to static functions; what
 * reads it is replaced.
 *
 * replaces: find
 * output: 0 7 -1
 * output: 0 7 9
 */
//@ a.c
#include <stdio.h>
#include <string.h>
#include "tests/unit/build_apply.h"
static int zero(void) { return 0; }
static int seven(void) { return 7; }
static int nine(void) { return 9; } //+
static const struct { const char *name; int (*get)(void); } table[] = {
	{"zero", zero},
	{"seven", seven},
	{"nine", nine}, //+
};
__attribute__((noipa)) int find(const char *name)
{
	for (unsigned int i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strcmp(table[i].name, name) == 0)
			return table[i].get();
	return -1;
}
int main(int argc, char **argv)
{
	printf("%d %d %d\n", find("zero"), find("seven"), find("nine"));
	apply(argv[argc - 1]);
	printf("%d %d %d\n", find("zero"), find("seven"), find("nine"));
	return 0;
}

/*
 * Of functions that came out alike and that others may call, one calls the other, by a
 * name of the compiler's own. A fix of one of them is not the other's, nor is that name.
 *
 * make: CFLAGS=-O2 -g -fPIC
 * replaces: is_group is_user
 * silent: has the same code
 * output: 1 1
 * output: 0 1
 */
//@ a.c
#include "a.h"
#include <ctype.h>
#include <string.h>
int is_user(const char *name)
{
	if (*name == '-') //+
		return 0; //+
	if (strlen(name) > 12 || strchr(name, ':') || strchr(name, ','))
		return 0;
	for (; *name; name++)
		if (isspace((unsigned char)*name) || iscntrl((unsigned char)*name))
			return 0;
	return 1;
}
int is_group(const char *name)
{
	if (strlen(name) > 12 || strchr(name, ':') || strchr(name, ','))
		return 0;
	for (; *name; name++)
		if (isspace((unsigned char)*name) || iscntrl((unsigned char)*name))
			return 0;
	return 1;
}
//@ a.h
int is_user(const char *name);
int is_group(const char *name);
//@ main.c
#include <stdio.h>
#include "a.h"
#include "tests/unit/build_apply.h"
int main(int argc, char **argv)
{
	printf("%d %d\n", is_user("-x"), is_group("-x"));
	apply(argv[argc - 1]);
	printf("%d %d\n", is_user("-x"), is_group("-x"));
	return 0;
}

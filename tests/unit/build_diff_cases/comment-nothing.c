/*
 * Lines move, and __LINE__ with them; nothing else.
 *
 * exit: 3
 * says: changes no function
 */
//@ a.c
#include <assert.h>
#include <stdio.h>
#include "tests/unit/build_apply.h"
/* New, //+
 * of two lines. */ //+
int main(int argc, char **argv)
{
	assert(argc > 0);
	printf("%d %s\n", __LINE__, argv[0]);
	return 0;
}

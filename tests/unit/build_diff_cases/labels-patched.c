/*
 * A table of labels belongs to its function: the new one has its own.
 *
 * replaces: run
 * output: 7
 */
//@ a.c
#include "tests/unit/build_apply.h"
#include <stdio.h>
__attribute__((noipa)) int run(const char *code)
{
	static void *table[] = {&&stop, &&one, &&two};
	int value = 0;

	goto *table[*code++ - '0'];
one:
	value += 1;
	value += 1; //+
	goto *table[*code++ - '0'];
two:
	value += 2;
	value += 1; //+
	goto *table[*code++ - '0'];
stop:
	return value;
}
int main(int argc, char **argv)
{
	apply(argv[argc - 1]);
	printf("%d\n", run("1120"));
	return 0;
}

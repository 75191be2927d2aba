/*
 * What the target has is called as what a linker makes of itself: the new code
 * means that of the target, not the end of the patch.
 *
 * replaces: user
 * output: old 27
 * output: new 127
 */
//@ b.c
int edata = 6;
char etext[] = "1";
__attribute__((noipa)) int end(int n) { return n * 20 + 1 - etext[0] + '0'; }
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
extern int edata;
extern char etext[];
int end(int n);
__attribute__((noipa)) int user(int n)
{
	n += 5; //+
	return end(n) + edata + etext[0] - '0';
}
int main(int argc, char **argv)
{
	printf("old %d\n", user(1));
	apply(argv[argc - 1]);
	printf("new %d\n", user(1));
	return 0;
}

/*
 * Variables that exist lead to constant data that changes, or were set to the
 * value of an enumerator that does.
 *
 * exit: 2
 * says: refused: names: leads to first, whose content changes
 * says: refused: level: gets another first value
 * says: warning: LOW: was 1, and is 2
 * silent: COUNT: was
 */
//@ a.c
#include "tests/unit/build_apply.h"
enum { NONE, LOW, COUNT }; //-
enum { NONE, LOWER, LOW, COUNT }; //+
static const char first[] = "abc"; //-
static const char first[] = "xyzu"; //+
static const char *names[] = {first, "other"};
static int level = LOW;
static int raised;
__attribute__((noipa)) int get(int n)
{
	if (n > 5)
		names[1] = names[0];
	return level++ + raised + names[n & 1][n];
}
__attribute__((noipa)) void raise_it(void)
{
	raised = LOW;
}
int main(int argc, char **argv)
{
	raise_it();
	return get(argc) + argc + !argv;
}

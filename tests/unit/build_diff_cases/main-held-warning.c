/*
 * main() holds a copy of a changed function and calls it again and again: to
 * leave it out would leave the hole open.
 *
 * replaces: main serve
 * says: warning: main: is not left while the program runs: the update would stay pending
 */
//@ a.c
#include <stdio.h>
static inline int limit(int n)
{
	return n > 2 ? 2 : n; //-
	return n > 20 ? 20 : n; //+
}
__attribute__((noipa)) int serve(int n)
{
	return limit(n);
}
int main(int argc, char **argv)
{
	for (;;) {
		if (serve(argc) < limit(getchar()))
			break;
		argc++;
	}
	return argv[0] == NULL;
}

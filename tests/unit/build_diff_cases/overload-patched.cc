/*
 * glibc's headers define both C++ overloads of memchr(), strstr() and their
 * like under the name of the C function: none of them has changed.
 *
 * replaces: _Z4findPcPKci
 * output: old 2 b
 * output: new 3 b
 */
//@ a.cc
#include <cstring>
#include <cstdio>
#include "tests/unit/build_apply.h"
extern "C++" {
extern inline __attribute__((gnu_inline, always_inline)) const char *
cut(const char *s, int n) __asm("cut_at");
extern inline __attribute__((gnu_inline, always_inline)) char *
cut(char *s, int n) __asm("cut_at");
extern inline __attribute__((gnu_inline, always_inline)) const char *
cut(const char *s, int n) { return s + n; }
extern inline __attribute__((gnu_inline, always_inline)) char *
cut(char *s, int n) { if (n > 9) n = 9; return s + n; }
}
__attribute__((noipa)) long find(char *in, const char *what, int n)
{
	char *at = cut((char *)memchr(in, *what, strlen(in)), 0);
	const char *other = cut(strchr(what, *what), 0);

	return strrchr(at, *other) - in; //-
	return strrchr(at, *other) - in + n; //+
}
__attribute__((noipa)) const char *kept(const char *s)
{
	return cut(strpbrk(s, "xb"), 0);
}
int main(int argc, char **argv)
{
	char text[] = "a,b,c";
	long (*volatile run)(char *, const char *, int) = find;

	printf("old %ld %.1s\n", run(text, "b", 1), kept(text));
	apply(argv[argc - 1]);
	printf("new %ld %.1s\n", run(text, "b", 1), kept(text));
	return 0;
}

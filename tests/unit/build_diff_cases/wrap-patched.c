/*
 * A target linked with --wrap: a name means the wrapper, __real_NAME the function,
 * and in the function's own file the name means that.
 *
 * make: LDFLAGS=-Wl,--wrap=size,--wrap,isatty,--wrap=grow
 * replaces: __wrap_isatty grow near use
 * output: 107 0 9 1006
 * output: 108 1000 10 1007
 */
//@ a.c
#include "tests/unit/build_apply.h"
#include <stdio.h>
#include <unistd.h>
int size(int v), use(int v), grow(int v), near(int v);
int __wrap_size(int v), __real_size(int v);
int __wrap_isatty(int v), __real_isatty(int v);
int __wrap_grow(int v), __real_grow(int v);
__attribute__((noipa)) int __wrap_size(int v) { return __real_size(v) + 100; }
__attribute__((noipa)) int __wrap_grow(int v) { return __real_grow(v) + 1000; }
__attribute__((noipa)) int __wrap_isatty(int v)
{
	return __real_isatty(v) + 1000; //+
	return __real_isatty(v);
}
__attribute__((noipa)) int use(int v)
{
	v++; //+
	return size(v);
}
int main(int argc, char **argv)
{
	printf("%d %d %d %d\n", use(6), isatty(-1), near(4), grow(5));
	apply(argv[argc - 1]);
	printf("%d %d %d %d\n", use(6), isatty(-1), near(4), grow(5));
	return 0;
}
//@ b.c
int size(int v), near(int v), grow(int v);
__attribute__((noipa)) int size(int v) { return v + 1; }
__attribute__((noipa)) int grow(int v)
{
	v++; //+
	return size(v);
}
__attribute__((noipa)) int near(int v)
{
	v++; //+
	return size(v) + 4;
}

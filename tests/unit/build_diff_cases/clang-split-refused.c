/*
 * clang keeps the fields of a variable by themselves, and knows where a pointer to
 * another leads, which it then splits as well: neither is there for new code.
 *
 * make: CC=clang-14
 * exit: 2
 * says: refused: pair: is not in prog
 * says: refused: second: is not in prog
 */
//@ a.c
#include <stdio.h>
static struct { int x, y; long z; } pair = {1, 2, 3};
static struct { int x, y; long z; } second = {1, 2, 3}, *way = &second;
int step(int v), through(int v), other(int v), last(int v);
__attribute__((noinline)) int step(int v)
{
	v++; //+
	pair.x += v;
	return pair.x + pair.y;
}
__attribute__((noinline)) int through(int v)
{
	v++; //+
	way->x += v;
	return way->x;
}
__attribute__((noinline)) int other(int v)
{
	pair.x += v;
	pair.y += v;
	return pair.x;
}
__attribute__((noinline)) int last(int v)
{
	second.x += v;
	return second.x;
}
int main(int argc, char **argv)
{
	(void)argv;
	printf("%d %d %d %d\n", step(argc), other(argc), through(argc), last(argc));
	return 0;
}

/*
 * What of GNU C seldom appears: variadic functions, nested ones, statement
 * expressions with statics in them, _Generic, atomics, cleanup, setjmp, jumps by
 * tables, bit fields, vectors of 16 bytes, compound literals, ranges in
 * initialisers.
 *
 * replaces: caught gather narrow nested poll_all tidy
 * output: 33 7 3 17 2 12
 * output: 133 107 103 118 102 112
 */
//@ a.c
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/unit/build_apply.h"
#define EXTRA 0 //-
#define EXTRA 100 //+
#define NOIPA __attribute__((noipa))
#define KIND(v) _Generic((v), int: 1, long: 2, default: 3)
#define COUNTED(v) ({ static atomic_int seen; __auto_type v_ = (v); seen++; v_ + seen; })

static _Atomic long total = 3;
static jmp_buf back;
static const struct { const char *name; int (*call)(int); } *const first;
static int twice(int v) { return 2 * v; }
static int thrice(int v) { return 3 * v; }
static const struct way { const char *name; int (*call)(int); } ways[] = {
	[0 ... 2] = {"two", twice}, [3] = {.name = "three", .call = thrice},
};
static int *const spare = (int[]){4, 5, 6};
struct bits { unsigned a : 3, b : 5; int : 0; union { long l; struct { int lo, hi; }; }; };
static struct bits held = {.a = 1, .b = 2, .lo = 4};
typedef int four __attribute__((vector_size(16)));

NOIPA int gather(int n, ...)
{
	va_list list;
	char text[32];

	va_start(list, n);
	vsnprintf(text, sizeof(text), "%d%*d", list);
	va_end(list);
	return atoi(text) + n + EXTRA;
}
static void put_back(int **p) { total += **p - 5; }
NOIPA int tidy(int v)
{
	__attribute__((cleanup(put_back))) int *p = &spare[1];

	if (first)
		return (int)strlen(first->name);
	return v + KIND(total) + KIND(v) + *p + EXTRA - 2;
}
NOIPA int caught(int v)
{
	volatile int n = v;

	if (setjmp(back))
		return n + EXTRA;
	n++;
	longjmp(back, 1);
}
NOIPA int nested(int v)
{
	__label__ out;
	int found = 0;
	auto int add(int by);
	int add(int by)
	{
		if (by > 3)
			goto out;
		return v + by;
	}
	for (int i = 0; i < 5; i++)
		found += add(i);
out:
	return found + EXTRA + COUNTED(10) - 4;
}
NOIPA int narrow(struct bits b, const four *f, __int128 wide)
{
	held.b += b.a;
	held.hi ^= 0;
	return b.a + (int)(wide >> 64) + (*f)[1] - (*f)[0] + EXTRA - held.lo + 4 - 1;
}
NOIPA int poll_all(int n, int all[static n])
{
	static const void *const jump[] = {&&more, &&done};
	int copy[n], sum = 0;

	memcpy(copy, all, sizeof(copy));
	for (int i = 0;; i++) {
		goto *jump[i >= n];
more:
		sum += ways[copy[i] & 3].call(copy[i]);
		continue;
done:
		return sum + EXTRA;
	}
}
static void say(void)
{
	printf("%d %d %d %d %d %d\n", gather(3, 3, 1, 0), tidy(1), caught(2), nested(1),
	       narrow((struct bits){.a = 1}, &(four){1, 2}, (__int128)1 << 64),
	       poll_all(2, (int[]){3, 2}) - 1);
}
int main(int argc, char **argv)
{
	say();
	apply(argv[argc - 1]);
	say();
	return 0;
}

/*
 * Thread-local variables, global, static and of a function, some of them
 * declared for the initial-exec model, in a program and in a library: the new
 * code uses each thread's own.
 *
 * target: libx.so
 * build: --target bin/prog
 * make: CFLAGS=-O2 -g -ftls-model=initial-exec
 * replaces: in_library in_prog
 * says: mark is new in libx.so, and prog uses it
 * output: 11 21 31 41
 * output: 12 22 32 42
 * output: 113 123 133 143
 * output: 111 121 131 141
 * output: 114 124 134 144
 */
//@ Makefile
CFLAGS = -O2 -g
prog: main.o libx.so
	$(CC) -o $@ main.o -L. -lx -L$(APPLY) -lapply -ldl -lpthread
main.o: main.c
	$(CC) $(CFLAGS) -I$(OPUS_TOP) -c main.c
libx.so: x.c
	$(CC) $(CFLAGS) -fPIC -shared -o $@ x.c
clean:
	rm -f *.o prog *.so
//@ x.c
__thread int shared = 30, other;
int mark(int v) { return v + 100; } //+
__attribute__((noipa)) int in_library(int *second)
{
	static __thread __attribute__((tls_model("initial-exec"))) int own = 40;
	*second = ++own;
	shared += other;
	return ++shared; //-
	*second = mark(own); //+
	return mark(++shared); //+
}
//@ main.c
#include <pthread.h>
#include <stdio.h>
#include "tests/unit/build_apply.h"
__thread char before[5] = {1};
__thread int global = 10;
static __thread long file = 20;
int in_library(int *second);
int mark(int v); //+
__attribute__((noipa)) int in_prog(int *second)
{
	before[4]++;
	*second = (int)++file;
	return ++global; //-
	*second = mark((int)file); //+
	return mark(++global); //+
}
static void *show(void *unused)
{
	int a, b, c, d;

	a = in_prog(&b);
	c = in_library(&d);
	printf("%d %d %d %d\n", a, b, c, d);
	return unused;
}
int main(int argc, char **argv)
{
	pthread_t thread;

	show(NULL);
	show(NULL);
	apply(argv[argc - 1]);
	show(NULL);
	pthread_create(&thread, NULL, show, NULL);
	pthread_join(thread, NULL);
	show(NULL);
	return 0;
}

/*
 * Functions that run at start alone, or never return; new state between
 * functions; stores through pointers; locks in another order.
 *
 * says: a.c:10: warning: early: runs when the program starts
 * says: a.c:14: warning: setup: runs when the program starts
 * says: a.c:19: warning: serve: does not return
 * says: a.c:29: warning: hello: sets strict, which is new, and packet reads it
 * says: a.c:29: warning: hello: now stores to ->state
 * says: a.c:37: warning: packet: takes and releases other locks than before, or in another order
 * says: a.c:57: warning: idle: does not return
 * silent: again: runs
 * silent: drain: does not return
 * silent: ->kept
 * silent: warning: packet: sets
 */
//@ a.c
#include <pthread.h>
#include <stdio.h>
#include "tests/unit/build_apply.h"
static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER, two = PTHREAD_MUTEX_INITIALIZER;
struct box { int state, kept; };
static int ready, mode;
static int strict; //+

static int pad; //-

__attribute__((constructor, noipa)) static void early(void)
{
	ready = 1; //-
	ready = 2; //+
}
__attribute__((noipa)) static void setup(int v)
{
	mode = v; //-
	mode = v + 1; //+
}
__attribute__((noipa)) static void again(int v) { mode = v < 7 ? v : 8; } //-
__attribute__((noipa)) static void again(int v) { mode = v < 7 ? v : 9; } //+
__attribute__((noipa)) void serve(void)
{
	for (;;) {
		int v = getchar();

		if (v > 0)
			putchar(v); //-
			putchar(v + 1); //+
	}
}
struct box *volatile shared;
__attribute__((noipa)) int hello(struct box *b, int v)
{
	b->kept = v;
	strict = v > 3; //+
	b[0].kept += 1;
	b->state = 2; //+
	return v + b->kept;
}
__attribute__((noipa)) int packet(int v)
{
	if (strict) //+
		v--; //+
	pthread_mutex_lock(&one); //-
	pthread_mutex_lock(&two);
	pthread_mutex_lock(&one); //+
	ready += v;
	pthread_mutex_unlock(&two);
	pthread_mutex_unlock(&one);
	return ready + mode;
}
__attribute__((noipa)) int drain(int v)
{
	do {
		v = getchar() + v % 3; //-
		v = getchar() + v % 4; //+
		if (v < 0)
			break;
	} while (1);
	return v;
}
__attribute__((noipa)) void idle(int v)
{
	do {
		putchar(v); //-
		putchar(v + 1); //+
	} while (1);
}
int main(int argc, char **argv)
{
	struct box b = {0};

	setup(argc);
	for (int i = 0; i < 2; i++)
		again(i);
	if (argc > 9)
		serve();
	if (argc > 8)
		idle(drain(argc));
	printf("%d %s\n", hello(&b, argc) + packet(2), argv[0]);
	return 0;
}

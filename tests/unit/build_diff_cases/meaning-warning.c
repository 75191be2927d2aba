/*
 * Changes that a process that runs may not be prepared for.
 *
 * says: a.c:8: warning: work: now changes state, which it did not before
 * says: a.c:8: warning: work: may now return -2, which it did not before
 * says: warning: work: takes or releases locks 2 times in its text, before 0
 * says: a.c:8: warning: work: now stores to ->count, which it did not before
 * says: a.c:8: warning: work: now stores to ->shifts, which it did not before
 * says: a.c:8: warning: work: now stores to ->turns, which it did not before
 * says: warning: main: is not left while the program runs
 * silent: now changes other
 * silent: may now return -1
 * silent: now stores to ->state
 * silent: now stores to ->level
 */
//@ a.c
#include <pthread.h>
#include <stdio.h>
#include "tests/unit/build_apply.h"
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int state, other, fresh; //+
static int state, other; //-
struct box { int state, level, count, shifts, turns; struct box *next; };
int peek(void) { return state++ + other; }
__attribute__((noinline)) int work(struct box *b, int v)
{
	int local = v;
	if (v < 0)
		return -1;
	other++;
	pthread_mutex_lock(&lock); //+
	if (v == 7) //+
		return -2; //+
	state += v; //+
	fresh = 1; //+
	pthread_mutex_unlock(&lock); //+
	b->state = state == 3;
	--b->next->count; //+
	b->shifts <<= 1; //+
	++(b + 0)->turns; //+
	local += - -b->level + (b->level << 1); //+
	local = 2 * local;
	return local;
}
int main(int argc, char **argv)
{
	struct box b;
	puts(argv[0]); //-
	puts(argv[argc - 1]); //+
	return work(&b, argc) + peek();
}

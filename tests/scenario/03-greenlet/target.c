/*
 * Coroutines as greenlet (gevent) has them: their piece of the one stack is copied
 * away and back.
 *   pin -> a thread stays in work()
 *   enter -> "away": a coroutine enters work() and is put away in it
 *   call -> work(1)
 *   resume -> what work() returned to the coroutine
 *   free -> the thread leaves
 */
#include <setjmp.h>
#include "target.h"
static volatile int zero;
static struct door inside, go;
static jmp_buf hub, in;
static char *base, *low, *saved;
static size_t size;

ATTR static void put_away(void)
{
	if (setjmp(in) == 0) {
		low = (char *)__builtin_frame_address(0) - 512;
		size = (size_t)(base - low);
		saved = malloc(size);
		memcpy(saved, low, size);
		longjmp(hub, 1);
	}
}

ATTR int work(int value)
{
	if (value == -1) {
		door_open(&inside);
		door_pass(&go);
	}
	if (value == -2)
		put_away();
	return value + 1 + zero;
}

ATTR static void start(void)
{
	int n = work(-2);

	say("resumed %d", n);
	longjmp(hub, 1);
}

ATTR static void enter(void)
{
	base = __builtin_frame_address(0);
	start();
}

ATTR static void resume(void)
{
	volatile char deep[100000];

	deep[0] = 0;
	memcpy(low, saved, size);
	longjmp(in, 1);
	(void)deep[0];
}

static void *pin(void *unused)
{
	work(-1);
	return unused;
}

int main(void)
{
	pthread_t t;
	static char line[256];

	door_init(&inside);
	door_init(&go);
	while (next(line, sizeof(line))) {
		if (!strcmp(line, "pin")) {
			pthread_create(&t, NULL, pin, NULL);
			door_pass(&inside);
			say("pinned");
		} else if (!strcmp(line, "enter")) {
			if (setjmp(hub) == 0)
				enter();
			say("away");
		} else if (!strcmp(line, "resume")) {
			if (setjmp(hub) == 0)
				resume();
		} else if (!strcmp(line, "free")) {
			door_open(&go);
			pthread_join(t, NULL);
			say("free");
		} else {
			say("%d", work(1));
		}
	}
	return 0;
}

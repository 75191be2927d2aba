/*
 * Functions that seem to run until the program ends: main() ends with one, which
 * alone calls the others. What the program does at its start looks much like them.
 *
 * says: warning: serve: is called by main() alone, and seems to run until the program ends
 * says: warning: wait_for: is called by main() alone, and seems to run until the program ends
 * says: warning: work: is called by main() alone, and seems to run until the program ends
 * says: warning: daemon_main: is called by main() alone, and seems to run until the program ends
 * says: warning: endless: does not return
 * silent: warning: fill
 * silent: warning: read_all
 * silent: warning: drain
 * silent: warning: held
 * silent: warning: once
 */
//@ a.c
#include <poll.h>
#include <stdio.h>
#include "tests/unit/build_apply.h"
#define FIX (0) //-
#define FIX (1) //+
volatile int stop, left;
int many = 3, table[8];
__attribute__((noipa)) void serve(void)
{
	while (!stop)
		printf("%d\n", table[0] + FIX);
}
__attribute__((noipa)) void work(void)
{
	do {
		printf("%d\n", table[1] + FIX);
	} while (stop == 0 && left);
}
__attribute__((noipa)) int wait_for(struct pollfd *p)
{
	for (;;) {
		if (poll(p, 1, -1) < 0)
			return FIX;
	}
}
__attribute__((noipa)) void endless(int v)
{
	for (;;) {
		switch (getchar()) {
		case 'a':
			putchar(v);
			break;
		default:
			putchar(FIX);
		}
	}
}
__attribute__((noipa)) void fill(void)
{
	for (int i = 0; i < many; i++)
		table[i] = i + FIX;
}
__attribute__((noipa)) void read_all(void)
{
	for (;;) {
		int c = getchar();

		if (c < 0)
			break;
		table[c & 7] += FIX;
	}
}
__attribute__((noipa)) void drain(int v)
{
	while (left)
		left -= v + FIX;
}
__attribute__((noipa)) void held(void)
{
	while (!stop)
		table[4] += FIX;
}
__attribute__((noipa)) int once(int v)
{
	return v > 3 ? v + FIX : 9;
}
void (*volatile hold)(void) = held;
__attribute__((noipa)) int daemon_main(int argc, char **argv)
{
	struct pollfd p = {0};

	fill();
	read_all();
	drain(argc);
	drain(argc + 1);
	table[2] = once(argc) + FIX;
	if (argc > 7)
		endless(argc);
	else if (argc > 6)
		hold();
	else if (argc > 5)
		work();
	serve();
	return wait_for(&p) + !argv;
}
int main(int argc, char **argv)
{
	return daemon_main(argc, argv);
}

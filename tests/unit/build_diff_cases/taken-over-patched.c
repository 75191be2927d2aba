/*
 * What a library exports, a program can have itself: its own function, which the diff
 * changes in the library as well, or which the library has not called so far, and its copy
 * of a variable that no function of the library has used so far. The new code means what
 * the process has; of what is protected it means that of the library.
 *
 * target: libx.so
 * replaces: x_log x_work
 * says: now changes x_state
 * output: log 7 1 1 2
 * output: log hint 9 11 1 2
 */
//@ Makefile
CFLAGS = -O2 -g -I$(OPUS_TOP)
prog: main.c libx.so
	$(CC) $(CFLAGS) -fno-pie -no-pie -o $@ main.c -L. -lx -L$(APPLY) -lapply -ldl
libx.so: x.c
	$(CC) $(CFLAGS) -fPIC -shared -o $@ x.c
clean:
	rm -f *.o prog *.so
//@ x.c
int x_state = 7;
__attribute__((visibility("protected"))) int x_kept = 1;
__attribute__((noipa)) int x_log(int v) { return v < 0 ? 500 : 600; } //-
__attribute__((noipa)) int x_log(int v) { return v < 1 ? 500 : 600; } //+
__attribute__((noipa)) int x_hint(int v) { return v < 0 ? 700 : 800; }
__attribute__((noipa)) int x_got(void) { return x_kept; }
__attribute__((noipa)) int x_work(int v)
{
	if (v < 0)
		return -3 * v;
	x_log(v);
	x_state = 9; //+
	x_kept += 10; //+
	x_hint(v); //+
	return v;
}
//@ main.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
extern int x_state;
int x_kept = 1;
int x_work(int v), x_got(void), x_log(int v), x_hint(int v);
int x_log(int v) { printf("log "); return v; }
int x_hint(int v) { printf("hint "); return v; }
static void show(void)
{
	int v = x_work(2);

	printf("%d %d %d %d\n", x_state, x_got(), x_kept, v);
}
int main(int argc, char **argv)
{
	show();
	apply(argv[argc - 1]);
	show();
	return 0;
}

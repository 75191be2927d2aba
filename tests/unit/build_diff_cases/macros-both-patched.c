/*
 * A source that a tool and a server share, compiled for each with another macro,
 * which no debug information names; a second tool has it as the first. Each way is
 * compiled once to see which target it is like, not once for each target.
 *
 * target: aside
 * build: --target bin/prog
 * replaces: check check
 * says: like1.o
 * silent: like2.o
 * output: 3 1003 3
 */
//@ Makefile
CFLAGS = -O2 -g -I$(OPUS_TOP)
all: common.o aside prog
aside: tool.o common.o
	$(CC) -o $@ $^
prog: main.o common_srv.o
	$(CC) -o $@ $^ -L$(APPLY) -lapply -ldl
common.o: common.c
	$(CC) $(CFLAGS) -DTOOL -c -o $@ $<
common_srv.o: common.c common.o
	$(CC) $(CFLAGS) -c -o $@ $<
clean:
	rm -f *.o prog aside
//@ common.c
#ifdef TOOL
#define REPORT(v) (v)
#else
#define REPORT(v) ((v) + 1000)
#endif
__attribute__((noipa)) int check(int v)
{
	if (v > 50) v = 1; //+
	return v > 2 ? REPORT(v) : v * 3;
}
//@ tool.c
int check(int v);
int main(int argc, char **argv)
{
	(void)argv;
	return check(argc);
}
//@ main.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
int check(int v);
int main(void)
{
	printf("%d ", check(1));
	apply("../case-prog.opus");
	printf("%d %d\n", check(3), check(80));
	return 0;
}

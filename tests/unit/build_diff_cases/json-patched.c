/*
 *: a warning is a reason to refuse; two targets, one object.
 *
 * target: libx.so
 * build: --target bin/prog --json
 * says: "result": "built"
 * says: "id": "new-result"
 * says: "file": "case-libx.so.opus"
 * says: "name": "step"
 */
//@ Makefile
CFLAGS = -O2 -g -I$(OPUS_TOP)
prog: main.o step.o libx.so
	$(CC) -o $@ main.o step.o -L. -lx -L$(APPLY) -lapply -ldl
libx.so: step.c
	$(CC) $(CFLAGS) -fPIC -shared -o $@ step.c
clean:
	rm -f *.o prog *.so
//@ step.c
static int count;
__attribute__((noipa)) int step(int v)
{
	if (v < 0) //+
		return -1; //+
	count += v;
	return count;
}
//@ main.c
#include "tests/unit/build_apply.h"
int step(int v);
int main(int argc, char **argv)
{
	apply(argv[argc - 1]);
	return step(1);
}

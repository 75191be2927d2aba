/*
 * compile_commands.json instead of the build command; one entry with a response
 * file, one as a list of words.
 *
 * build: --compile-commands before/compile_commands.json
 * replaces: step
 * output: 11 111
 */
//@ Makefile
prog: a.c main.c
	echo '-O2 -g "-DTWO=2"' >flags
	$(CC) @flags -c a.c
	$(CC) -O2 -g -I$(OPUS_TOP) -c main.c
	$(CC) -o $@ a.o main.o -L$(APPLY) -lapply -ldl
	echo '[{"directory": "$(CURDIR)", "file": "a.c", "command": "cc @flags -c a.c -o a.o"},' >compile_commands.json
	echo '{"directory": "$(CURDIR)", "file": "main.c", "arguments":' >>compile_commands.json
	echo '["cc", "-O2", "-g", "-I$(OPUS_TOP)", "-c", "main.c"]}]' >>compile_commands.json
clean:
	rm -f *.o prog
//@ a.c
static int state = 8;
__attribute__((noipa)) int step(int v)
{
	state += v;
	return state + TWO; //-
	return state + TWO + 100 - v; //+
}
//@ main.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
int step(int v);
int main(int argc, char **argv)
{
	printf("%d ", step(1));
	apply(argv[argc - 1]);
	printf("%d\n", step(1));
	return 0;
}

/*
 * The fix calls a function of a static library that the linker left out of this
 * program; another program has it, which is never in the same process.
 *
 * target: tool
 * build: --target bin/prog
 * exit: 2
 * says: refused: helper: the target has no such function or variable
 * silent: there are several
 */
//@ Makefile
CFLAGS = -O2 -g
all: prog tool
prog: a.o lib.a
	$(CC) -o $@ $^
tool: tool.o lib.a
	$(CC) -o $@ $^
lib.a: helper.o
	ar rcs $@ $^
clean:
	rm -f *.o lib.a prog tool
//@ helper.c
__attribute__((noipa)) int helper(int v) { return v * 7; }
//@ tool.c
int helper(int v);
int main(int argc, char **argv) { return helper(argc) + !argv; }
//@ a.c
int helper(int v);
__attribute__((noipa)) static int step(int v)
{
	return v * 3; //-
	return helper(v); //+
}
int main(int argc, char **argv) { return step(argc) + !argv; }

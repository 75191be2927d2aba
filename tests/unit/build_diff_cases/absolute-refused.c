/*
 * A number that the linker of the program was told: no place in the process says it, and
 * the weak name would be 0 in the patch.
 *
 * exit: 2
 * says: build_no: is a number in prog, 0x4d2
 */
//@ Makefile
CFLAGS = -O2 -g
prog: a.c
	$(CC) $(CFLAGS) -fno-pie -no-pie -o $@ a.c -Wl,--defsym=build_no=1234
clean:
	rm -f prog
//@ a.c
#include <stdio.h>
extern const char build_no[] __attribute__((weak));
__attribute__((noipa)) int user(int v)
{
	return v < 0 ? -7 * v : (int)(long)build_no + v; //-
	return v < 0 ? -8 * v : (int)(long)build_no + v; //+
}
int main(int argc, char **argv)
{
	printf("%d\n", user(argc));
	return !argv;
}

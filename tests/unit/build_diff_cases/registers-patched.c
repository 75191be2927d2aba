/*
 * Global register variables, as PHP's interpreter has them.
 *
 * replaces: op_add
 * output: 3 106
 */
//@ Makefile
CFLAGS = -O2 -g -I$(OPUS_TOP)
prog: vm.o main.o
	$(CC) -o $@ $^ -L$(APPLY) -lapply -ldl
vm.o: vm.c
	$(CC) $(CFLAGS) -fno-gcse -fno-crossjumping -c -o $@ $<
clean:
	rm -f *.o prog
//@ vm.c
struct op { int (*handler)(void); int value; };
register const struct op *volatile opline __asm__("r15");
register int *volatile data __asm__("r14");
__attribute__((noinline)) static int op_add(void)
{
	if (opline->value > 50) { *data += 100; opline++; return 0; } //+
	*data += opline->value;
	opline++;
	return 0;
}
static int op_end(void) { return 1; }
static struct op program[] = {{op_add, 1}, {op_add, 2}, {op_end, 0}};
int run(int v, int start)
{
	const struct op *save = opline;
	int *save_data = data, result = start;
	program[0].value = v;
	opline = program;
	data = &result;
	while (!opline->handler()) ;
	opline = save;
	data = save_data;
	return result;
}
//@ main.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
int run(int v, int start);
int main(int argc, char **argv)
{
	int old = run(1, 0);
	apply(argv[argc - 1]);
	printf("%d %d\n", old, run(80, 4));
	return 0;
}

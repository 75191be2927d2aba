/*
 * A hook asks for the address of a function that is chosen when the program starts: at
 * its symbol is the function that chooses.
 *
 * target: libx.so
 * build: --hook hook.c
 * exit: 1
 * says: pick is chosen when the program starts (ifunc)
 */
//@ Makefile
CFLAGS = -O2 -g -I$(OPUS_TOP)
prog: main.c libx.so hook.c
	cp hook.c ..
	$(CC) $(CFLAGS) -o $@ main.c -L. -lx
libx.so: x.c
	$(CC) $(CFLAGS) -fPIC -shared -o $@ x.c
clean:
	rm -f *.o prog *.so
//@ hook.c
#include <opus-livepatch/patch.h>
extern int most OPUS_REF(most);
int most_set(void *by)
{
	most = by ? 10 : 20;
	return 0;
}
OPUS_HOOK(post_apply, most_set, agent, "address pick");
//@ x.c
static int most = 30; //-
static int most = 10; //+
static int ten(int v) { return v + 10; }
static int (*resolve(void))(int) { return ten; }
int pick(int v) __attribute__((ifunc("resolve")));
__attribute__((noipa)) int sum(int v)
{
	most += v > 1000;
	return pick(v) + most; //-
	return pick(v) + most + 1; //+
}
//@ main.c
int sum(int v);
int main(int argc, char **argv)
{
	return sum(argc) + !argv;
}

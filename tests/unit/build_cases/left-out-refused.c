/*
 * A variable that the linker dropped has no place in the target.
 *
 * variant: gcc -O2 -g -ffunction-sections -fdata-sections -Wl,--gc-sections
 * variant: clang -O2 -g -ffunction-sections -fdata-sections -fuse-ld=lld -Wl,--gc-sections -Wl,--build-id
 * exit: 2
 * says: refused: count: has no address in prog: the linker left it out
 * says: refused: mine: has no address in prog: the linker left it out
 */
#ifndef PATCH
#include <stdio.h>
#include "tests/unit/build_apply.h"

static int count;
static __thread int mine = 3;

int dead(int a);
int dead(int a)
{
	return count += mine += a;
}
__attribute__((noinline)) int handle(int a)
{
	return a * a + printf("%d\n", a);
}
int main(int argc, char **argv)
{
	apply(argv[1]);
	return handle(argc);
}
#else
#include <opus-livepatch/patch.h>
OPUS_PATCH("left-out", "");
extern int count OPUS_REF(count);
extern __thread int mine OPUS_REF(mine);
int handle(int a)
{
	return a + count++ + mine++;
}
OPUS_REPLACE(handle);
#endif

/*
 * meson with clang and a precompiled header, which lies elsewhere than the header;
 * what is precompiled is not made anew.
 *
 * tree: built
 * replaces: use
 * output: 50
 * output: 10
 */
//@ Makefile
prog: meson.build main.c pch/all.h
	[ -e out ] || CC=clang-14 meson setup -Dbuildtype=debugoptimized out >meson.log
	ninja -C out && cp out/prog prog
clean:
	rm -rf out prog meson.log
//@ meson.build
project('prog', 'c')
executable('prog', 'main.c', c_pch: 'pch/all.h',
  c_args: ['-I' + run_command('printenv', 'OPUS_TOP', check: true).stdout().strip()],
  link_args: ['-L' + run_command('printenv', 'APPLY', check: true).stdout().strip(), '-lapply', '-ldl'])
//@ pch/all.h
#include <stdio.h>
struct thing { int a; };
//@ main.c
#include "tests/unit/build_apply.h"
__attribute__((noinline)) int use(int v)
{
	struct thing t = {v};
	if (v > 10) return 10; //+
	return t.a < 0 ? -3 * v : v;
}
int (*volatile call)(int) = use;
int main(int argc, char **argv)
{
	printf("%d\n", call(50));
	apply(argv[argc - 1]);
	printf("%d\n", call(50));
	return 0;
}

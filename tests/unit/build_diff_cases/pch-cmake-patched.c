/*
 * cmake with clang and a precompiled header: clang is told of both, behind -Xclang.
 *
 * replaces: use
 * output: 50
 * output: 10
 */
//@ Makefile
prog: CMakeLists.txt main.c all.h
	CC=clang-14 cmake -S . -B out >/dev/null && $(MAKE) -C out && cp out/prog prog
clean:
	rm -rf out prog
//@ CMakeLists.txt
cmake_minimum_required(VERSION 3.16)
project(prog C)
set(CMAKE_C_FLAGS "-O2 -g -I$ENV{OPUS_TOP}")
link_directories($ENV{APPLY})
add_executable(prog main.c)
target_precompile_headers(prog PRIVATE all.h)
target_link_libraries(prog apply dl)
//@ all.h
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

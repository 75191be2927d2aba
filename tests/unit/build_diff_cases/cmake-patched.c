/*
 * cmake: out of tree, a static library, a source and a header that the build
 * generates.
 *
 * replaces: limit step
 * output: 15 8
 * output: 25 99
 */
//@ Makefile
.PHONY: prog
prog:
	cmake -S . -B out -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_EXPORT_COMPILE_COMMANDS=ON >cmake.log
	cmake --build out >>cmake.log
	cp out/prog prog
clean:
	rm -rf out prog cmake.log
//@ CMakeLists.txt
cmake_minimum_required(VERSION 3.13)
project(prog C)
add_custom_command(OUTPUT made.c COMMAND sed s/NAME/limit/ ${CMAKE_SOURCE_DIR}/made.in >made.c
	DEPENDS ${CMAKE_SOURCE_DIR}/made.in)
configure_file(config.h.in config.h)
include_directories(. ${CMAKE_BINARY_DIR} $ENV{OPUS_TOP})
link_directories($ENV{APPLY})
add_library(part STATIC part.c made.c)
add_executable(prog main.c)
target_link_libraries(prog part apply dl m)
//@ config.h.in
#define STEP 5
#define PROJECT "@CMAKE_PROJECT_NAME@"
//@ made.in
#include "limit.h"
int NAME(int v) { return v < 0 ? -v * 7 : LIMIT; }
//@ limit.h
#define LIMIT 8 //-
#define LIMIT 99 //+
//@ part.c
#include "config.h"
static int state;
int step(int v)
{
	state += PROJECT[0] == 'p';
	return state > 5 ? 0 : v + STEP; //-
	return state > 5 ? 0 : v + STEP + 10; //+
}
//@ main.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
int step(int v), limit(int v);
int main(int argc, char **argv)
{
	printf("%d %d\n", step(10), limit(1));
	apply(argv[argc - 1]);
	printf("%d %d\n", step(10), limit(1));
	return 0;
}

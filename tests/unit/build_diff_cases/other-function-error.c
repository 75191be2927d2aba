/*
 * A stripped target that was built with another option: which function that shows in.
 *
 * strip: yes
 * command: make TARGET_ARCH=-DOTHER
 * exit: 1
 * says: the build made anew of it is not the same (section
 * says: ; the first function with other code: second)
 */
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
__attribute__((noipa)) int first(int v) { return v + 5; }
#ifdef OTHER
__attribute__((noipa)) int second(int v) { return v / 3 + v * v - v / 7; }
#else
__attribute__((noipa)) int second(int v) { return v; }
#endif
__attribute__((noipa)) int user(int v) { return v * 2; } //-
__attribute__((noipa)) int user(int v) { return v * 3; } //+
int main(int argc, char **argv) { return user(argc) + first(second(argc)) + !argv; }

/*
 * The diff changes a test program alone, which is not part of the target.
 *
 * exit: 3
 * says: is a source of bin/prog
 */
//@ other/b.c
int b(void) { return 1; } //-
int b(void) { return 2; } //+
//@ a.c
#include "tests/unit/build_apply.h"
int main(int argc, char **argv) { return argc + !argv; }

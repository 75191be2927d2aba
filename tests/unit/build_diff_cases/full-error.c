/*
 * The disk with the temporary files is full: an error, and nothing is left.
 *
 * place: small
 * exit: 1
 * says: No space left on device
 */
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
__attribute__((noipa)) int user(int v) { return v < 0 ? -v * 7 : v * 2; } //-
__attribute__((noipa)) int user(int v) { return v < 0 ? -v * 7 : v * 3; } //+
int main(int argc, char **argv) { printf("%d\n", user(argc)); apply(argv[0]); return 0; }

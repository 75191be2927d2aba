/*
 * Debug information in .dwo files.
 *
 * make: CFLAGS=-O2 -g -gsplit-dwarf
 * exit: 1
 * says: error: bin/prog: its debug information is in .dwo files
 */
//@ a.c
#include "tests/unit/build_apply.h"
__attribute__((noipa)) int user(int v) { return v < 0 ? -v * 7 : v * 2; } //-
__attribute__((noipa)) int user(int v) { return v < 0 ? -v * 7 : v * 3; } //+
int main(int argc, char **argv) { apply(argv[argc - 1]); return user(0); }

/*
 * The diff changes a file of the target that the build does not compile.
 *
 * tree: built
 * command: make a.o
 * says: b.c:1: warning: b.c: the diff changes it, but nothing that the build compiled reads it
 * replaces: user
 */
//@ b.c
int b(void);
int b(void) { return 1; } //-
int b(void) { return 2; } //+
//@ a.c
#include "tests/unit/build_apply.h"
__attribute__((noipa)) int user(int v) { return v < 0 ? -v * 7 : v * 2; } //-
__attribute__((noipa)) int user(int v) { return v < 0 ? -v * 7 : v * 3; } //+
int main(int argc, char **argv) { return user(argc) + !argv; }

/*
 * The build command has not all flags that the target was made with.
 *
 * make: CFLAGS=-O2 -g -fshort-enums -fno-strict-aliasing -fwrapv
 * command: make CFLAGS=-O2
 * says: warning: user: prog was compiled with -fshort-enums -fno-strict-aliasing -fwrapv, the patch was not
 * silent: warning: other: prog was compiled
 * replaces: other user
 */
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
__attribute__((noipa)) int user(int v) { return v < 0 ? -v * 7 : v * 2; } //-
__attribute__((noipa)) int user(int v) { return v < 0 ? -v * 7 : v * 3; } //+
__attribute__((noipa)) int other(int v) { return v < 0 ? -v * 7 : v * 4; } //-
__attribute__((noipa)) int other(int v) { return v < 0 ? -v * 7 : v * 5; } //+
int main(int argc, char **argv) { return user(argc) + other(argc) == !argv; }

/*
 * A stripped target that was built in another way.
 *
 * strip: yes
 * command: make CFLAGS=-O1
 * exit: 1
 * says: has no debug information, and what the build made anew of it is not the same (section
 */
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
__attribute__((noipa)) int user(int v) { return v * 2; } //-
__attribute__((noipa)) int user(int v) { return v * 3; } //+
int main(int argc, char **argv) { return user(argc) + !argv; }

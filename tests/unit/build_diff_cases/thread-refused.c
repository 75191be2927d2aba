/*
 * A variable becomes one of each thread, and another one of all: nothing in the
 * functions that use them tells.
 *
 * exit: 2
 * says: a.c:3: refused: buffer: is one for all threads, and would be one for each
 * says: a.c:4: refused: count: is one for each thread, and would be one for all
 */
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
static int buffer; //-
static __thread int count; //-
static __thread int buffer; //+
static int count; //+
__attribute__((noipa)) int user(int n) { return (buffer += n) + (count += n); }
int main(int argc, char **argv) { return user(argc) + !argv; }

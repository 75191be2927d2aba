/*
 * The build command does not compile one of those that include a changed header.
 *
 * tree: built
 * command: make a.o
 * says: b.c:1: warning: b.c: reads a file of the diff and is in a target, but the build does not compile it
 * replaces: user
 */
//@ h.h
static inline int limit(int v) { return v; } //-
static inline int limit(int v) { return v > 2 ? 2 : v; } //+
//@ b.c
#include "h.h"
int b(int v);
int b(int v) { return limit(v); }
//@ a.c
#include "tests/unit/build_apply.h"
#include "h.h"
__attribute__((noipa)) int user(int v) { return v < 0 ? -v * 7 : limit(v); }
int main(int argc, char **argv) { return user(argc) + !argv; }

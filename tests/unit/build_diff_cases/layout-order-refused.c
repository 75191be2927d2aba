/*
 * Fields of one size change places, also in what has no name; functions behind a
 * pointer are called with other arguments. A field is only called otherwise, and
 * one of a structure that nobody can tell from it: that does no harm.
 *
 * exit: 2
 * says: a.h:1: refused: box: has its fields at other places
 * says: a.h:3: refused: flags: has its fields at other places
 * says: a.h:5: refused: inner: has its fields at other places
 * says: a.h:7: refused: hooks: calls other functions by its field number,
 * says: a.h:13: refused: call_t: stands for another type
 * says: a.h:14: refused: holder: calls other functions by its field call,
 * silent: refused: renamed
 * silent: refused: spelled
 */
//@ a.h
struct box { int width, height; }; //-
struct box { int height, width; }; //+

struct flags { unsigned int a : 3, b : 3; }; //-
struct flags { unsigned int b : 3, a : 3; }; //+

struct inner { int n; union { struct { int x, y; } pair; long both; }; }; //-
struct inner { int n; union { struct { int y, x; } pair; long both; }; }; //+

struct hooks { int (*name)(const char *), (*length)(const char *, int *); }; //-
struct hooks { int (*name)(const char *), (*number)(const char *); }; //+

struct renamed { int a, b; int (*get)(const char *); }; //-
struct renamed { int a, c; int (*take)(char *); }; //+

struct spelled { int (*get)(), b; union { int u; } u; }; //-
struct spelled { int (*get)(int), b; union { int u; unsigned int v; } u; }; //+

typedef int call_t(int, int *); //-
typedef int call_t(int); //+
struct holder { int n; call_t *call; };
//@ a.c
#include <stdio.h>
#include "a.h"
#include "tests/unit/build_apply.h"
struct box box;
struct inner inner;
struct flags flags;
struct hooks hooks;
struct renamed renamed;
struct spelled spelled;
struct holder holder;
__attribute__((noipa)) int get(void)
{
	return box.width + inner.pair.x + flags.a;
}
__attribute__((noipa)) int call(int n)
{
	n = holder.n ? holder.call(1, &n) : n; //-
	n = holder.n ? holder.call(1) : n; //+
	return n ? hooks.length("", &n) + renamed.b : spelled.b; //-
	return n ? hooks.number("") + renamed.c : spelled.b; //+
}
int main(int argc, char **argv) { return get() + call(argc) + !argv; }

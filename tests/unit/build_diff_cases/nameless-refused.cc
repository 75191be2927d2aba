/*
 * Two source files with classes of one name, each in an anonymous namespace of
 * its own: in one patch they would be taken for one.
 *
 * exit: 2
 * says: refused: _ZN12_GLOBAL__N_13Box3getEv: is in anonymous namespaces of two source files
 */
//@ a.cc
#include "tests/unit/build_apply.h"
namespace {
struct Box {
	virtual int get() { return 1; } //-
	virtual int get() { return 2; } //+
};
}
__attribute__((noipa)) int a(void *v) { return (v ? (Box *)v : new Box)->get(); }
int b(void *v);
int main(int argc, char **argv) { apply(argv[argc - 1]); return a(0) + b(0); }
//@ b.cc
namespace {
struct Box {
	virtual int get() { return 5; } //-
	virtual int get() { return 6; } //+
};
}
__attribute__((noipa)) int b(void *v) { return (v ? (Box *)v : new Box)->get(); }

/*
 * Inline variables: the patch works on those of the target, and does not make them anew.
 *
 * replaces: _Z3usei
 * says: now changes tag
 * output: old 14 one
 * output: new 1035 one!
 */
//@ a.h
#include <string>
inline int shared = 3;
inline std::string tag = "one";
struct counter { static inline int calls = 10; };
int use(int n);
//@ a.cc
#include "a.h"
__attribute__((noipa)) int use(int n)
{
	tag += "!"; //+
	shared += 1000; //+
	return n + shared++ + counter::calls++;
}
//@ b.cc
#include <cstdio>
#include "a.h"
#include "tests/unit/build_apply.h"
int main(int argc, char **argv)
{
	int n = use(1);

	printf("old %d %s\n", n, tag.c_str());
	shared += 5;
	counter::calls += 4;
	apply(argv[argc - 1]);
	n = use(1 + 10);
	printf("new %d %s\n", n, tag.c_str());
	return shared > 1000 ? 0 : 1;
}

/*
 * Attributes between "namespace" and the name, as GCC has them and clang has not.
 *
 * silent: [lost]
 * replaces: _ZN1P3addEi
 * output: 6
 * output: 57
 */
//@ a.cc
#include "tests/unit/build_apply.h"
#include <stdio.h>
#include "h.h"
int main(int argc, char **argv)
{
	printf("%d\n", P::add(2));
	apply(argv[argc - 1]);
	*P::last() += 1;
	printf("%d\n", P::add(0));
	return 0;
}
//@ h.h
namespace __attribute__((visibility("hidden"))) P {
int add(int v);
int *last();
}
//@ b.cc
#include "h.h"
namespace __attribute__((visibility("hidden")))P {
static int count = 4;
__attribute__((noipa)) int *last() { return &count; }
__attribute__((noipa)) int add(int v)
{
	v += 50; //+
	return count += v;
}
}

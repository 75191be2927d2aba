/*
 * Members of templates, which have no mangled names, beside a C function of the
 * same name.
 *
 * replaces: _Z3runi
 * output: old 1 3
 * output: new 11 3
 */
//@ a.cc
#include <cstdio>
#include <memory>
#include <string>
#include "tests/unit/build_apply.h"
template <class T> struct maker {
	template <class U> static void construct(T *p, U &&v) { *p = v; }
	static void destroy(T *p) { *p = T(); }
};
extern "C" void construct(int *p);
__attribute__((noipa)) int run(int n)
{
	std::string text(n, 'x');
	int v = 0;

	maker<int>::construct(&v, n);
	return v + (int)text.size() - n; //-
	return v + (int)text.size() - n + 10; //+
}
extern "C" __attribute__((noipa)) void construct(int *p) { *p = 3; }
extern "C" __attribute__((noipa)) void destroy(int *p) { *p = 4; }
int main(int argc, char **argv)
{
	int v;

	construct(&v);
	printf("old %d %d\n", run(1), v);
	apply(argv[argc - 1]);
	printf("new %d %d\n", run(1), v);
	return 0;
}

/*
 * What clang makes of a static function with variables that are made when it is first
 * called has names with tags.
 *
 * make: CXX=clang++-14
 * replaces: _ZL4oncePKc
 * output: 101
 * output: 201
 */
//@ a.cc
#include <cstdio>
#include <string>
#include "tests/unit/build_apply.h"
__attribute__((noinline)) static size_t once(const char *v)
{
	static std::string name(v), list[2] = {v, name};
	return name.size() + list[1].size() * 100; //-
	return name.size() + list[1].size() * 200; //+
}
int main(int argc, char **argv)
{
	const char *volatile a = "a", *volatile b = "bcd";
	printf("%zu\n", once(a));
	apply(argv[argc - 1]);
	printf("%zu\n", once(b));
	return 0;
}

/*
 * Static functions with variables that are made when they are first called: the new
 * ones go on with those of the target that are there, and make those that are not, once.
 *
 * replaces: _ZL4oncePKc _ZL5earlyv _ZL6beforev _ZN5inner5laterEi _ZN5innerL5otherEi
 * output: made a / 101 / 2 / made 5 / 5
 * output: 201 / 9 / 205 / made 7 / 1007 1007 / 100
 */
//@ a.cc
#include <cstdio>
#include <string>
#include "tests/unit/build_apply.h"
#include "b.h"
struct Made {
	std::string text;
	Made(const char *t) : text(t) { printf("made %s / ", t); }
};
__attribute__((noipa)) static size_t once(const char *v)
{
	static Made name(v);
	static std::string list[2] = {v, name.text};
	return name.text.size() + list[1].size() * 100; //-
	return name.text.size() + list[1].size() * 200; //+
}
static size_t early(void);
__attribute__((noipa)) static size_t before() { return early(); }
__attribute__((noipa)) static size_t early(void)
{
	static std::string word("ab");
	return word.size(); //-
	return word.size() + 7; //+
}
namespace inner {
int loud(int v) { printf("made %d / ", v); return v; }
__attribute__((noipa)) static int other(int v)
{
	static int first = loud(v);
	return first; //-
	return first + 200; //+
}
__attribute__((noipa)) int later(int v)
{
	static int second = loud(v);
	return second; //-
	return second + 1000; //+
}
}
int main(int argc, char **argv)
{
	printf("%zu / %zu / ", once("a"), before());
	printf("%d\n", inner::other(5));
	apply(argv[argc - 1]);
	printf("%zu / %zu / %d / ", once("bcd"), before(), inner::other(6));
	int a = inner::later(7), b = inner::later(8);
	printf("%d %d / %d\n", a, b, elsewhere("b"));
	return 0;
}
//@ b.h
int elsewhere(const char *v);
//@ b.cc
#include <string>
#include "b.h"
__attribute__((noipa)) static size_t once(const char *v)
{
	static std::string name(v);
	return name.size() + 99;
}
int elsewhere(const char *v) { return once(v); }

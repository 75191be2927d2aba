/*
 * Static functions of one name in two files, with a variable of one name that is made
 * when they are first called: in the patch the linker would take the two for one.
 *
 * exit: 2
 * says: b.cc:4: refused: name: (in once, which is static) is made when the function is first called
 */
//@ a.cc
#include <string>
#include "tests/unit/build_apply.h"
size_t elsewhere(const char *v);
__attribute__((noipa)) static size_t once(const char *v)
{
	static std::string name(v);
	return name.size(); //-
	return name.size() + 1; //+
}
int main(int argc, char **argv) { return once(argv[argc - 1]) + elsewhere(argv[0]) == 0; }
//@ b.cc
#include <string>
__attribute__((noipa)) static size_t once(const char *v)
{
	static std::string name(v);
	return name.size(); //-
	return name.size() + 2; //+
}
size_t elsewhere(const char *v) { return once(v); }

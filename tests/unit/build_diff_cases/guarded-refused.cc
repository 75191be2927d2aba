/*
 * A static function with a variable that is made when it is first called: the
 * new one could not tell whether that has been.
 *
 * exit: 2
 * says: a.cc:5: refused: name: (in once, which is static) is made when the function is first called
 */
//@ a.cc
#include <string>
#include "tests/unit/build_apply.h"
__attribute__((noipa)) static size_t once(const char *v)
{
	static std::string name(v);
	return name.size(); //-
	return name.size() + 1; //+
}
int main(int argc, char **argv) { return once(argv[argc - 1]) + once(argv[0]) == 0; }

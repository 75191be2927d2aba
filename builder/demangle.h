/*
 * demangle.h - C++ names as people write them.
 *
 * Included by: builder/.
 * Runs on:     command.
 * Locks:       the loader's, once.
 * Signal:      unsafe: heap, loader.
 */
#ifndef OPUS_DEMANGLE_H
#define OPUS_DEMANGLE_H

#include <stdbool.h>

/*
 * True if `wanted` names the symbol `symbol`: it is equal to it, or to its C++
 * name with or without the parameters ("net::Conn::read(int)" or
 * "net::Conn::read" for "_ZN3net4Conn4readEi").
 */
bool name_matches(const char *symbol, const char *wanted);

/*
 * The last part of what `symbol` is called, without parameters: "read" for
 * "_ZN3net4Conn4readEi" and for "net::Conn::read(int)". The caller frees it;
 * NULL if memory ran out.
 */
char *name_base(const char *symbol);

/* Are the two mangled names of one function, or of constructors or destructors
 * that the compiler makes of one: of the object, and of it as part of another? */
bool linkage_same(const char *a, const char *b);

/*
 * Take the tags ("B5cxx11") out of a mangled name. clang gives them to what no
 * other unit can see, too: a static function that returns a std::string. GCC
 * does not.
 */
void linkage_untag(char *linkage);

/* What tells functions apart: a mangled name; "" for others, which in C are given to
 * functions by assembler labels, beside their own. */
const char *linkage_mangled(const char *linkage);

/* Is it one of a constructor or destructor? */
bool linkage_is_structor(const char *linkage);

#endif

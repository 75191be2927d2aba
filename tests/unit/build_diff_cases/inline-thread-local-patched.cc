/*
 * Thread-local variables of which a program has one for each thread, whichever source
 * brings them: the patch works on those of the target, also on one that is made when it
 * is first used, and on one within a function whose name has a tag.
 *
 * replaces: _Z4worki
 * output: made
 * output: 1 1 1 1 1 1
 * output: 3 3 3 3 3 3
 */
//@ a.h
#include <cstdio>
#include <string>
struct noisy { int n = 0; noisy() { puts("made"); } };
inline thread_local int level = 0;
struct counter { static inline thread_local int calls = 0; };
template <class T> struct pool { static thread_local int used; };
template <class T> thread_local int pool<T>::used = 0;
inline int &depth() { static thread_local int n; return n; }
inline noisy &made() { static thread_local noisy n; return n; }
inline std::string text(int v) { static thread_local int n; return std::to_string(n += v); }
void work(int v);
//@ a.cc
#include "a.h"
__attribute__((noipa)) void work(int v)
{
	v *= 2; //+
	level += v;
	counter::calls += v;
	pool<int>::used += v;
	depth() += v;
	made().n += v;
	text(v);
}
//@ b.cc
#include "a.h"
#include "tests/unit/build_apply.h"
static void show(void)
{
	work(1);
	printf("%d %d %d %d %d %s\n", level, counter::calls, pool<int>::used, depth(),
	       made().n, text(0).c_str());
}
int main(int argc, char **argv)
{
	show();
	apply(argv[argc - 1]);
	show();
	return 0;
}

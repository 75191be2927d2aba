/*
 * Two class templates, each with a class of one name inside, whose constructors
 * are not alike; they have nothing to do with what changes.
 *
 * replaces: _Z4useri
 * output: 7 17
 */
//@ a.h
template <typename T> class In {
public:
	class Guard {
	public:
		explicit Guard(In &in, bool quiet = false);
		bool ok;
	};
	T value;
};
template <typename T> In<T>::Guard::Guard(In &in, bool quiet) : ok(quiet || in.value > 0) {}
template <typename T> class Out {
public:
	class Guard {
	public:
		explicit Guard(Out &out);
		bool ok;
	};
	T value;
};
template <typename T> Out<T>::Guard::Guard(Out &out) : ok(out.value > 0) { out.value++; }
//@ a.cc
#include "a.h"
#include <iostream>
extern "C" {
#include "tests/unit/build_apply.h"
}
static In<int> in{1};
static Out<int> out{2};
__attribute__((noipa)) int other(int v)
{
	In<int>::Guard a(in, v > 3);
	Out<int>::Guard b(out);
	return a.ok + b.ok + v;
}
__attribute__((noipa)) int user(int v) { return v < 0 ? -v * 7 : v; } //-
__attribute__((noipa)) int user(int v) { return v < 0 ? -v * 7 : v + 10; } //+
int main(int argc, char **argv)
{
	std::cout << other(1) - 3 + user(7) << ' ';
	apply(argv[argc - 1]);
	std::cout << other(1) - 3 + user(7) << '\n';
	return 0;
}

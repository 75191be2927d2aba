/*
 * C++: a method, an overload, a function of an unnamed namespace, an exception
 * that leaves a new function, an inline variable that there may be only one of,
 * a virtual call, a local static object of the patch's own.
 *
 * variant: g++ -O2 -g -std=c++17
 * variant: g++ -O2 -g -std=c++17 -fno-pie -no-pie
 * variant: clang++ -O2 -g -std=c++17
 * output: old 3 4 5, shared 1
 * output: new 102 204 caught too large, shared 11, name patch 9
 */
#include <cstdio>
#include <stdexcept>
#include <string>

inline int shared;

namespace net
{
struct Base {
	virtual ~Base()
	{
	}
	virtual int id() const = 0;
};

struct Conn : Base {
	int at;
	explicit Conn(int a) : at(a)
	{
	}
	int id() const override
	{
		return at;
	}
	int read(int n);
	int read(const char *s);
};
}

#ifndef PATCH
#include "tests/unit/build_apply.h"
#define KEEP __attribute__((noinline))

namespace net
{
KEEP int Conn::read(int n)
{
	shared++;
	std::fputs("", stdout);
	return at + n;
}
KEEP int Conn::read(const char *s)
{
	std::fputs(s, stdout);
	return at + 3;
}
}

namespace
{
KEEP __attribute__((noclone)) int hidden(const net::Base &b, int n)
{
	if (n > 100)
		throw std::runtime_error("very large");
	return b.id() + n;
}
}

int main(int argc, char **argv)
{
	net::Conn c(argc - 1);
	const char *volatile none = "";
	volatile int four = 4;

	std::printf("old %d %d", c.read(2), c.read(none));
	std::printf(" %d, shared %d\n", hidden(c, four), shared);
	apply(argv[1]);
	std::printf("new %d %d", c.read(2), c.read(none));
	try {
		std::printf(" %d", hidden(c, four));
	} catch (const std::runtime_error &e) {
		std::printf(" caught %s", e.what());
	}
	std::printf(", shared %d", shared);
	std::printf(", name %s\n", std::string("patch 9").c_str());
	return 0;
}

#else
#include <opus-livepatch/patch.h>
OPUS_PATCH("classes", "");

namespace net
{
int Conn::read(int n)
{
	static const std::string name("a name that is too long to be kept inside");

	shared += 10;
	return at + n + 58 + (int)name.size() + id() - 1;
}
int Conn::read(const char *s)
{
	return at + 203 + *s;
}
}
OPUS_REPLACE_NAME("net::Conn::read(int)", "net::Conn::read(int)", "");
OPUS_REPLACE_NAME("_ZN3net4Conn4readEPKc", "_ZN3net4Conn4readEPKc", "");

int hidden(const net::Base &b, int n)
{
	if (b.id() + n > 4)
		throw std::runtime_error("too large");
	return 0;
}
OPUS_REPLACE_NAME("(anonymous namespace)::hidden", "hidden", "");
#endif

/*
 * Members of classes with the library's strings, maps, pointers, functions and
 * exceptions; an inline constructor that others have copies of calls a changed one.
 *
 * tree: built
 * replaces: _ZN3net4Conn4readEib _ZN3net4Conn5countEv _ZN3net4ConnC2Ei _ZN3net4makeEi _ZNK3net4Conn4nameB5cxx11Ev _ZNK3net4ConnltERKS0_ _ZNK3net7Derived4nameB5cxx11Ev
 * output: made 100 3 conn3d conn2 0 0
 * output: negative 60 2 Cond Conn2 1 1
 */
//@ box.h
#include <string>
#include <vector>
#include <map>
#include <memory>
#include <stdexcept>
namespace net {
class Conn {
public:
	explicit Conn(int v);
	virtual ~Conn();
	static int count();
	int read(int n, bool deep = false);
	virtual std::string name() const;
	bool operator<(const Conn &o) const;
	static int live;
private:
	int value;
	std::vector<int> seen;
	std::map<std::string, int> table;
};
struct Derived : public Conn {
	Derived() : Conn(3) {}
	std::string name() const override;
	int own = 3;
};
typedef std::shared_ptr<Conn> Pointer;
Pointer make(int v);
}
//@ box.cc
#include "box.h"
#include <algorithm>
#include <functional>
using namespace net;
int Conn::live = 0;
static int helper(int v) { return v + Conn::live; }
namespace {
struct Local { int a; int sum(int v) const { return a + v; } };
int hidden = 4;
int secret(int v) { return v * hidden; }
}
Conn::Conn(int v) : value(v)
{
	if (v < 0) //+
		throw std::invalid_argument("negative"); //+
	live++;
	table["x"] = helper(v);
}
__attribute__((noinline)) Conn::~Conn()
{
	live--;
}
int Conn::count()
{
	return live; //-
	return live > 100 ? 100 : live; //+
}
int Conn::read(int n, bool deep)
{
	Local l{n};
	auto add = [this](int v) { seen.push_back(v); };
	if (n > 10) //+
		n = 10; //+
	for (int i = 0; i < n; i++)
		add(secret(i));
	std::sort(seen.begin(), seen.end(), [](int a, int b) { return a > b; });
	std::function<int(int)> f = [&](int v) { return v + (deep ? 1 : 0); };
	return f(seen.empty() ? 0 : seen[0]) + l.sum(table["x"]);
}
std::string Conn::name() const
{
	return "conn" + std::to_string(value); //-
	return "Conn" + std::to_string(value); //+
}
bool Conn::operator<(const Conn &o) const
{
	return value < o.value; //-
	return value <= o.value; //+
}
std::string Derived::name() const
{
	try {
		return Conn::name() + "d"; //-
		return Conn::name().substr(0, 3) + "d"; //+
	} catch (const std::out_of_range &e) {
		return e.what();
	}
}
Pointer net::make(int v)
{
	return std::make_shared<Conn>(v); //-
	return v > 5 ? nullptr : std::make_shared<Conn>(v); //+
}
//@ main.cc
#include <iostream>
#include <stdio.h>
#include "tests/unit/build_apply.h"
#include "box.h"
using namespace net;
static void show()
{
	Derived d;
	Conn c(2);
	Pointer p = make(8);
	try {
		Conn bad(-1);
		printf("made ");
	} catch (const std::exception &e) {
		printf("%s ", e.what());
	}
	printf("%d %d %s %s %d %d\n", c.read(20), Conn::count(), d.name().c_str(), c.name().c_str(), c < c, !p);
}
int main(int argc, char **argv)
{
	show();
	apply(argv[argc - 1]);
	show();
	return 0;
}

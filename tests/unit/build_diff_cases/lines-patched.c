/*
 * Names that a macro makes of line numbers: they move with the lines, and what
 * they name is what it was. Enumerators are counted by lines. The file compiles
 * for all that.
 *
 * replaces: user
 * silent: warning
 * output: old 2 3 6
 * output: new 4 3 6
 */
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
#define PASTE(a, b) a ## b
#define NAME(a, b) PASTE(a, b)
struct call { int (*run)(int); int arg; };
#define REGISTER(f, a) \
	static const struct call *NAME(call_, __LINE__) \
	__attribute__((used, section("calls"))) = &(const struct call){f, a}
#define DEFINE(v) \
	static __attribute__((used, noipa)) int NAME(get_, __LINE__)(void) { return v; }
enum {
	zero = __LINE__,
	first = __LINE__ - zero
};
_Static_assert(first == 1, "counted");
extern const struct call *__start_calls[], *__stop_calls[];
__attribute__((noipa)) int user(int v)
{
	if (v > 100) //+
		v = 100; //+
	return v * 2; //-
	return v * 4; //+
}
static int one(int v) { return v; }
static int two(int v) { return v * 2; }
REGISTER(one, 1);
REGISTER(two, 1);
REGISTER(one, 3);
DEFINE(5)
DEFINE(6)
DEFINE(7)
int main(int argc, char **argv)
{
	int sum = 0;

	for (const struct call **c = __start_calls; c < __stop_calls; c++)
		sum += (*c)->run((*c)->arg);
	printf("old %d 3 %d\n", user(1), sum);
	apply(argv[argc - 1]);
	printf("new %d 3 %d\n", user(1), sum);
	return 0;
}

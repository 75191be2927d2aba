/*
 * A global and a static function, a static variable, one of a function.
 *
 * variant: gcc -O2 -g
 * variant: gcc -O0 -g
 * variant: gcc -Os -g -fcf-protection=full
 * variant: gcc -O2 -g -fno-pie -no-pie
 * variant: gcc -O2 -g -fPIE -pie -fno-plt
 * variant: clang -O2 -g
 * variant: clang -O0 -g -gdwarf-4
 * variant: gcc -O2 -g -gdwarf-4 -ffunction-sections -Wl,--gc-sections
 * output: handle 3: 109 100 1
 * output: old 2: 75
 * output: handle 5: new work 5, hits 4, hidden 1
 * output: hook 0 1
 */
#include <stdio.h>
#include <string.h>

#ifndef PATCH
#include "tests/unit/build_apply.h"

int total = 100;
const char *label = "abcd";
static int hidden;

__attribute__((noinline, noclone)) static int limit_of(int a)
{
	static int hits;

	hits++;
	if (hits > 1000)
		puts("many");
	return a > 100 ? 100 : a + hits * 10;
}

__attribute__((noinline, noclone)) static int work(int a, const char *s)
{
	if (strlen(s) == 0)
		puts("empty");
	return limit_of(a) + limit_of(a + 1) * (int)strlen(s);
}

__attribute__((noinline)) int handle(int a)
{
	int n = work(a, label);

	printf("handle %d: %d %d %d\n", a, n, total, hidden);
	return n;
}

int main(int argc, char **argv)
{
	int (*volatile call)(int) = handle;
	int (*old)(int, const char *);
	int (*hook)(int, const char *, int *);

	hidden = argc - 1;
	call(3);
	apply(argv[1]);
	*(void **)&old = apply_old("work");
	printf("old 2: %d\n", old(2, "x"));
	call(5);
	*(void **)&hook = apply_hook("look");
	printf("hook %d %d\n", hook(5, "nobody", &total), hook(-1, "", &total));
	return 0;
}

#else
#include <opus-livepatch/patch.h>
OPUS_PATCH("simple", "an example");
OPUS_LABEL("CVE-2099-1");

extern int total;
extern int hidden OPUS_REF(hidden);
extern int hits OPUS_REF(hits);
OPUS_REF_IN(hits, "simple.c", "limit_of");
extern int limit_of(int) OPUS_REF(limit_of);

int work(int a, const char *s)
{
	total++;
	printf("new work %d, hits %d, hidden %d\n", a, hits, hidden);
	return *s ? limit_of(a) : 0;
}
OPUS_REPLACE(work);

int handle(int a)
{
	printf("handle %d: ", a);
	return work(a, "");
}
OPUS_REPLACE_IN(handle, "build_cases/simple.c");

int look(int limit, const char *who, int *counter)
{
	return limit < 0 || !who || *counter < 0;
}
OPUS_HOOK(check, look, agent, "int32 limit=5", "string who=nobody",
	  "address counter=total");
#endif

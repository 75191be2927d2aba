/*
 * Variables whose first values are written in another way.
 *
 * replaces: user
 * output: 1 6
 */
//@ a.c
#include <stddef.h>
#include <stdio.h>
#include "tests/unit/build_apply.h"
struct point { int x, y; const char *name; };
const char *words[4]; //-
const char *words[4] = {0}; //+
static int level = 1024; //-
static int level = 1 << 10; //+
static struct point points[] = {{1, 2, "one"}, {3, 0, NULL}}; //-
static struct point points[] = {{.name = "one", .y = 2, .x = 1}, {.x = 3}}; //+
static const struct point *at = &points[1];
__attribute__((noipa)) int user(void)
{
	static int count; //-
	static int count = 0; //+
	int more = 0;
	more = 5; //+
	count += words[0] == NULL;
	return points[0].y + level - 1024 - count + more;
}
__attribute__((noipa)) void set(int v)
{
	words[v] = "set";
	level = v;
	points[1].name = at->name ? "more" : NULL;
	at = points;
}
int main(int argc, char **argv)
{
	if (argc > 5)
		set(argc);
	printf("%d ", user());
	apply(argv[argc - 1]);
	printf("%d\n", user() + 1);
	return 0;
}

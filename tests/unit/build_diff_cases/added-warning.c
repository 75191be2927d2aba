/*
 * A new constructor does not run when the patch comes, and a new entry of a section
 * that the linker puts together is not among those of the target: both are told of,
 * and no reason to fail. A constructor that is there is nothing new.
 *
 * replaces: user
 * says: a.c:9: warning: load: is new, and runs when the program starts
 * says: a.c:17: warning: three: is new in the section entries
 * silent: warning: two
 * silent: warning: known
 * output: old 3 1
 * output: new 103 1
 */
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
#define ENTRY __attribute__((used, section("entries")))
#define PRIVATE __attribute__((section(".data.private")))
extern const int __start_entries[], __stop_entries[];
int loads;
__attribute__((constructor)) static void known(void) { loads++; }

static void load(void) __attribute__((constructor (200))); //+
int load_twice = 1; //+
static void load(void) { loads += load_twice; } //+

static ENTRY const int one = 1;
static ENTRY const int two = 2;
static PRIVATE int hidden = 100; //+

static ENTRY const int three = 4; //+
__attribute__((noipa)) int user(int sum)
{
	sum += hidden; //+
	for (const int *e = __start_entries; e != __stop_entries; e++)
		sum += *e;
	return sum;
}
int main(int argc, char **argv)
{
	printf("old %d %d\n", user(0), loads);
	apply(argv[argc - 1]);
	printf("new %d %d\n", user(0), loads);
	return 0;
}

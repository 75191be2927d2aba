/*
 * A build that looks at what is in its files and not at their times, in a built
 * tree.
 *
 * tree: built
 * command: sh build.sh
 * replaces: other user
 * output: 1 2 5 6
 */
//@ Makefile
prog:
	sh build.sh
//@ build.sh
set -e
for unit in a b main; do
	now=$(cat $unit.c a.h | cksum)
	[ "$now" != "$(cat known/$unit 2>/dev/null)" ] || continue
	gcc -O2 -g -I"$OPUS_TOP" -c -o $unit.o $unit.c
	mkdir -p known
	echo "$now" >known/$unit
done
gcc -o prog a.o b.o main.o -L"$APPLY" -lapply -ldl
//@ a.h
int user(void), other(void);
static inline int more(void) { return 0; } //-
static inline int more(void) { return 4; } //+
//@ a.c
#include "a.h"
__attribute__((noipa)) int user(void) { return 1 + more(); }
//@ b.c
#include "a.h"
__attribute__((noipa)) int other(void) { return 2 + more(); }
//@ main.c
#include <stdio.h>
#include "a.h"
#include "tests/unit/build_apply.h"
int main(int argc, char **argv)
{
	printf("%d %d ", user(), other());
	apply(argv[argc - 1]);
	printf("%d %d\n", user(), other());
	return 0;
}

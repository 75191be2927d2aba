/*
 * Debug files from which dwz(1) has taken what they have in common, as Debian's
 * packages have them: inline functions of a header among it.
 *
 * strip: yes
 * command: make prog other
 * build: --debug before/debug/prog.debug
 * tree: built
 * replaces: sum user
 * silent: main: holds a copy
 * output: 12 43
 */
//@ Makefile
CFLAGS = -O2 -g -I$(OPUS_TOP)
LINK = $(CC) $(CFLAGS) -o $@ $@.c -L$(APPLY) -lapply -ldl
all: prog other
	mkdir -p debug/.dwz/none
	for p in prog other; do objcopy --only-keep-debug $$p debug/$$p.debug || exit 1; done
	cd debug && dwz -q -m .dwz/none/both.debug -M /usr/lib/debug/.dwz/none/both.debug prog.debug other.debug
prog: prog.c shared.h
	$(LINK)
other: other.c shared.h
	$(LINK)
clean:
	rm -f prog other
//@ shared.h
struct pair { int a, b; char name[12]; struct pair *next; unsigned long flags; };
static inline int limit(const struct pair *p)
{
	int all = p->a + p->b;
	return all > 100 ? 100 : all; //-
	return all > 100 ? 100 : all < 20 ? 20 : all; //+
}
static inline unsigned long flags_of(const struct pair *p, unsigned long mask)
{
	unsigned long f = p->flags & mask;
	for (const struct pair *q = p->next; q; q = q->next)
		f |= q->flags & mask;
	return f;
}
//@ other.c
#include <stdio.h>
#include "shared.h"
int main(int argc, char **argv)
{
	struct pair p = {argc, 2, "x", 0, argc};
	printf("%d %lu %s\n", limit(&p), flags_of(&p, 3), argv[0]);
	return 0;
}
//@ prog.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
#include "shared.h"
__attribute__((noipa)) int user(struct pair *p) { return limit(p) + (int)flags_of(p, 12); }
__attribute__((noipa)) int sum(struct pair *p, int n) { return limit(p) * n - user(p) / 7; }
int main(int argc, char **argv)
{
	struct pair p = {argc, 12, "x", 0, 13};
	printf("%d ", user(&p) - 14);
	apply(argv[argc - 1]);
	printf("%d\n", user(&p) + sum(&p, 2) - 25);
	return 0;
}

/*
 * A structure of the same size and fields that is to be aligned: new code could
 * take it that objects are which are not. The other way round is no matter.
 *
 * exit: 2
 * says: a.c:2: refused: pair: was aligned to 8 bytes, and would be to 16
 * silent: refused: less
 * silent: refused: holder
 */
//@ a.c
#include "tests/unit/build_apply.h"
struct pair { long a, b; }; //-
struct pair { long a, b; } __attribute__((aligned(16))); //+
struct less { long a, b; } __attribute__((aligned(16))); //-
struct less { long a, b; }; //+
struct holder { struct pair p; };
struct pair all[3];
struct less others[3];
__attribute__((noipa)) long get(struct pair *p) { *p = (struct pair){0, 0}; return p->a; }
int main(int argc, char **argv)
{
	struct holder h = {all[argc]};

	return get(&h.p) + others[argc].a + !argv;
}

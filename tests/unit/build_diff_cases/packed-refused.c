/*
 * A structure is packed by what stands behind it.
 *
 * exit: 2
 * says: a.c:2: refused: conn: had 8 bytes, and would have 5
 * says: a.c:5: refused: same_size: has its fields at other places
 * silent: refused: holder
 */
//@ a.c
#include "tests/unit/build_apply.h"
struct conn { char kind; int value;
}; //-
} __attribute__((packed)); //+
struct __attribute__((aligned(8)))
same_size { char kind; short value; }
; //-
__attribute__((packed)); //+
struct holder { struct conn first; };
__attribute__((noipa)) int get(struct conn *c, struct same_size *s, struct holder *h)
{
	return c->value + s->value + h->first.value;
}
int main(int argc, char **argv)
{
	static char bytes[64];

	return get((struct conn *)(bytes + argc), (void *)bytes, (void *)bytes) + !argv;
}

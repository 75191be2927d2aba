/*
 * An enumeration gets other bytes, and with it what has a value of it.
 *
 * exit: 2
 * says: a.c:5: refused: conn: had 8 bytes, and would have 16
 */
//@ a.c
#include "tests/unit/build_apply.h"
enum kind { A, B,
	C = 0x100000000, //+
};
struct conn { enum kind k; char v; };
struct conn all[4];
__attribute__((noipa)) int get(struct conn *c)
{
	int sum = 0;
	for (int i = 0; i < 4; i++)
		sum += c[i].v;
	return sum;
}
int main(int argc, char **argv) { return get(all) + !(argv + argc); }

/*
 * A structure grows by a number that it names; not one of its words differs.
 *
 * exit: 2
 * says: a.c:3: refused: conn: had 9 bytes, and would have 17
 */
//@ a.c
#include "tests/unit/build_apply.h"
enum { LENGTH = 8 }; //-
enum { LENGTH = 16 }; //+
struct conn { char b[LENGTH]; char v; };
struct conn all[4];
__attribute__((noipa)) int get(struct conn *c)
{
	int sum = 0; //-
	int sum = 1; //+
	for (int i = 0; i < 4; i++)
		sum += c[i].v;
	return sum;
}
int main(int argc, char **argv) { return get(all) + !(argv + argc); }

/*
 * --json: one object with what was found.
 *
 * build: --json
 * exit: 2
 * says: "result": "refused"
 * says: "patches": []
 * says: "id": "layout"
 * says: "line": 4
 * says: "subject": "conn"
 * says: "id": "new-result"
 */
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
struct conn { int a, b; }; //-

struct conn { int a, b, c; }; //+
struct conn all[4];
__attribute__((noipa)) int get(struct conn *c)
{
	if (c->b < 0) //+
		return -2; //+
	return c->a;
}
int main(int argc, char **argv) { return get(all + argc) + !argv; }

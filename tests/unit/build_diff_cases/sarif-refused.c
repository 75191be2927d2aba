/*
 * --sarif: the same as SARIF.
 *
 * build: --sarif out.sarif
 * exit: 2
 * says: "version": "2.1.0"
 * says: "ruleId": "layout"
 * says: "level": "error"
 * says: "startLine": 4
 * says: "uri": "a.c"
 * says: "uriBaseId": "SRCROOT"
 * says: "text": "conn: had 8 bytes, and would have 12
 * says: "ruleId": "new-result"
 * says: "exitCode": 2
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

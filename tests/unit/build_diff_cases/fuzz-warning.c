/*
 * What surrounds the change is not what the diff was made for.
 *
 * diff: fix.diff
 * says: a.c:1: warning: a.c: takes the diff at a place that is only like the one it was made for
 * replaces: use
 */
//@ fix.diff
--- a/a.c
+++ b/a.c
@@ -2,5 +2,6 @@
 #include <other.h>
 __attribute__((noipa)) int use(int v)
 {
+	if (v > 4) v = 4;
 	return v + v / 3;
 }
//@ a.c
#include "tests/unit/build_apply.h"
#include <stdio.h>
__attribute__((noipa)) int use(int v)
{
	return v + v / 3;
}
int main(int argc, char **argv)
{
	return use(argc + !argv);
}

/*
 * The place of a part of the diff has to be searched for in a test program,
 * which is not part of the target: no reason for a warning.
 *
 * diff: fix.diff
 * build: --strict
 * says: other/b.c:1: note: b.c: the diff changes it, but no target is made from it
 * silent: warning
 * replaces: use
 */
//@ Makefile
prog: src/a.c
	cd src && $(CC) -O2 -g -I$(OPUS_TOP) -c a.c && $(CC) -o ../prog a.o -L$(APPLY) -lapply -ldl
clean:
	rm -f prog src/a.o
//@ fix.diff
--- a/other/b.c
+++ b/other/b.c
@@ -1,5 +1,6 @@
 #include <other.h>
 int main(void)
 {
+	use(9);
 	return use(7) != 5;
 }
--- a/src/a.c
+++ b/src/a.c
@@ -2,4 +2,5 @@
 __attribute__((noipa)) int use(int v)
 {
+	if (v > 4) v = 4;
 	return v + v / 3;
 }
//@ other/b.c
#include <this.h>
int main(void)
{
	return use(7) != 5;
}
//@ src/a.c
#include "tests/unit/build_apply.h"
__attribute__((noipa)) int use(int v)
{
	return v + v / 3;
}
int main(int argc, char **argv)
{
	return use(argc + !argv);
}

/*
 * A diff of git(1), made for another tree: a binary file, a test that is not
 * here, a list of changes that says something else.
 *
 * diff: fix.git
 * says: note: a binary file: is left out
 * says: note: a/tests/missing.c: is not in the tree, and left out
 * says: note: NEWS: does not take its part of the diff, and is left out
 * replaces: use
 * output: 5
 */
//@ NEWS
Version 7
//@ fix.git
diff --git a/tests/data b/tests/data
new file mode 100644
index 0000000..1b0c2a3
GIT binary patch
literal 6
NcmYdfNo8PQ00IC8AOHXW

literal 0
HcmV?d00001

diff --git a/NEWS b/NEWS
index 1111111..2222222 100644
--- a/NEWS
+++ b/NEWS
@@ -1,4 +1,4 @@
 Version 9
- * broken
+ * fixed
  * this
  * that
diff --git a/tests/missing.c b/tests/missing.c
index 1111111..2222222 100644
--- a/tests/missing.c
+++ b/tests/missing.c
@@ -1,2 +1,3 @@
 int a;
+int b;
 int c;
diff --git a/a.c b/a.c
index 1111111..2222222 100644
--- a/a.c
+++ b/a.c
@@ -2,5 +2,6 @@
 #include <stdio.h>
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
	apply(argv[argc - 1]);
	printf("%d\n", use(90));
	return 0;
}

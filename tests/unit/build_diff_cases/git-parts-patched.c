/*
 * A mail with a diff of git(1): a picture without its data, files that go,
 * come empty, get another name or other rights.
 *
 * diff: fix.git
 * replaces: use
 * output: 1 5
 */
//@ fix.git
From: somebody
Subject: fix

---
 a.c      | 2 +-
 old.txt  | 1 -
diff --git a/picture.png b/picture.png
index 1234567..89abcde 100644
Binary files a/picture.png and b/picture.png differ
diff --git a/old.txt b/old.txt
deleted file mode 100644
index 3367afd..0000000
--- a/old.txt
+++ /dev/null
@@ -1 +0,0 @@
-old
diff --git a/script.sh b/script.sh
old mode 100644
new mode 100755
diff --git a/name.txt b/nom.txt
similarity index 100%
rename from name.txt
rename to nom.txt
diff --git a/empty.txt b/empty.txt
new file mode 100644
index 0000000..e69de29
diff --git a/a.c b/a.c
index 3367afd..1111111 100644
--- a/a.c
+++ b/a.c
@@ -2,3 +2,3 @@
 #include "tests/unit/build_apply.h"
-__attribute__((noipa)) int use(void) { return 1; }
+__attribute__((noipa)) int use(void) { return 5; }
 int main(int argc, char **argv)
-- 
2.39.2

//@ old.txt
old
//@ name.txt
name
//@ script.sh
true
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
__attribute__((noipa)) int use(void) { return 1; }
int main(int argc, char **argv)
{
	printf("%d ", use());
	apply(argv[argc - 1]);
	printf("%d\n", use());
	return 0;
}

/*
 * The source is not the one that the diff was made for.
 *
 * diff: fix.diff
 * exit: 1
 * says: does not fit the source in
 * says: , in a.c: that has to be the source that the target was built from
 */
//@ fix.diff
--- a/a.c
+++ b/a.c
@@ -1,4 +1,4 @@
 int something(int more)
 {
-	return more + 1;
+	return more + 2;
 }
//@ a.c
int main(int argc, char **argv)
{
	return argc + !argv;
}

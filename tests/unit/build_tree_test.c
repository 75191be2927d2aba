/*
 * build_tree_test.c - which files a diff names.
 *
 * Called by:  tests/run.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "builder/diff.h"

/* The first file that is found with this name in the diff; "" if none. */
static const char *file_of(const char *name)
{
	static char ret[256];
	char path[] = "/tmp/opus-tree.XXXXXX";
	struct build_options options = {0};
	struct build b = {.options = &options};
	FILE *f = fdopen(mkstemp(path), "w");

	fprintf(f, "--- a/doc\n+++ b/doc\n@@ -1 +1 @@\n-a\n+b\n"
		   "--- %s\n+++ %s\n@@ -1 +1 @@\n-a\n+b\n", name, name);
	fclose(f);
	b.diff = calloc(1, sizeof(*b.diff));
	b.diff->path = path;
	b.diff->root = b.diff->view = "/usr/share";
	cr_assert_eq(diff_files(&b, NULL), OPUS_OK);
	snprintf(ret, sizeof(ret), "%s", b.diff->files > 1 ? b.diff->file[1] : "");
	diff_destroy(b.diff, 0);
	for (size_t i = 0; i < b.texts; i++)
		free(b.text[i]);
	free(b.text);
	unlink(path);
	return ret;
}

Test(tree, names)
{
	cr_expect_str_eq(file_of("a/man/man1"), "/usr/share/man/man1");
	cr_expect_str_eq(file_of("a/new..c"), "/usr/share/new..c");
}

/* They were made newer, whoever they belonged to. */
Test(tree, names_outside)
{
	cr_expect_str_eq(file_of("a/../../etc/passwd"), "");
	cr_expect_str_eq(file_of("a/man/../.."), "");
}

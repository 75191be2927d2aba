/*
 * build_diff_test.c - opus-build diff on small projects: what it makes of a
 *                     change, and what it refuses.
 *
 * Called by:  tests/run.  limit: 480
 * Runs on:    command; projects are built, patched and run as processes.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * One test per file of tests/unit/build_diff_cases; its name ends in what has
 * to come of it. tests/lib/diff-case.sh says how they are written. CASE=NAME
 * runs those that have NAME in their name.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct diff_case {
	char file[256];
};

static char top[2048], folder[2048];

static int shell(const char *command)
{
	int status = system(command);

	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void places(void)
{
	char build[2048];
	const char *t = getenv("OPUS_TOP"), *b = getenv("OPUS_BUILD"),
		   *f = getenv("TEST_TMP");

	cr_assert(realpath(t ? t : ".", top) && realpath(b ? b : "build", build) &&
		  realpath(f ? f : "/tmp", folder));
	setenv("OPUS_TOP", top, 1);
	setenv("OPUS_BUILD", build, 1);
	setenv("APPLY", folder, 1);
}

static int name_compare(const void *a, const void *b)
{
	return strcmp(((const struct diff_case *)a)->file,
		      ((const struct diff_case *)b)->file);
}

ParameterizedTestParameters(diff, cases)
{
	static struct diff_case cases[512];
	const char *only = getenv("CASE");
	char command[8192];
	size_t count = 0;
	DIR *dir;

	places();
	snprintf(command, sizeof(command), "%s/tests/unit/build_diff_cases", top);
	dir = opendir(command);
	for (struct dirent *e; dir && (e = readdir(dir)) != NULL;)
		if (strstr(e->d_name, ".c") && count < 512 &&
		    (!only || strstr(e->d_name, only)))
			snprintf(cases[count++].file, sizeof(cases[0].file), "%s",
				 e->d_name);
	if (dir)
		closedir(dir);
	qsort(cases, count, sizeof(cases[0]), name_compare);
	snprintf(command, sizeof(command),
		 "cd %s && for f in tests/unit/build_apply common/plan common/digest common/error; do"
		 " gcc -std=gnu11 -D_GNU_SOURCE -O1 -fPIC -I. -c $f.c -o %s/${f##*/}.o || exit 1; done"
		 " && cd %s && ar rcs libapply.a build_apply.o plan.o digest.o error.o",
		 top, folder, folder);
	if (shell(command) != 0)
		fprintf(stderr, "cannot compile the applier\n");
	return cr_make_param_array(struct diff_case, cases, count);
}

ParameterizedTest(struct diff_case *c, diff, cases)
{
	char command[8192];

	places();
	snprintf(command, sizeof(command),
		 "d=$(mktemp -d %s/diff-XXXXXX) && cd $d && mkdir tmp && export TMPDIR=$PWD/tmp && "
		 "%s/tests/lib/diff-case.sh %s/tests/unit/build_diff_cases/%s >&2 && "
		 "{ [ -n \"${KEEP:-}\" ] || rm -rf $d; }",
		 folder, top, top, c->file);
	cr_assert_eq(shell(command), 0, "%s", c->file);
}

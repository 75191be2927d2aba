/*
 * build_run_test.c - opus-build on small targets: what it makes, and refuses.
 *
 * Called by:  tests/run.  limit: 240
 * Runs on:    command; targets and patches are compiled and run as processes.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * Each file of tests/unit/build_cases holds a target and, within #ifdef PATCH,
 * its patch. Its first comment says what is to happen:
 *
 *   variant: gcc -O2 -g     compiler and flags; again for each further one
 *   library: yes            the part within #ifdef LIBRARY is the target
 *   strip: debug            strip, debug information into a file of its own
 *   strip: all              strip, and keep nothing
 *   build: FLAGS            for opus-build
 *   exit: 2                 its exit status; 0 unless said otherwise
 *   says: TEXT              what it has to say on standard error
 *   silent: TEXT            what it must not say
 *   output: LINE            what the target prints, with the patch applied to
 *                           it by build_apply.c
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define TEXT 4096
#define VARIANT 160

struct build_case {
	char file[256];
	char variant[VARIANT];
};

static const char *top(void)
{
	return getenv("OPUS_TOP") ? getenv("OPUS_TOP") : ".";
}

static const char *folder(void)
{
	return getenv("TEST_TMP") ? getenv("TEST_TMP") : "/tmp";
}

__attribute__((format(printf, 1, 2))) static char *text(const char *format, ...)
{
	char *ret = NULL;
	va_list args;

	va_start(args, format);
	cr_assert_gt(vasprintf(&ret, format, args), 0);
	va_end(args);
	return ret;
}

/* Run a shell command; its exit status, 128 + signal if it was killed. */
static int shell(const char *command)
{
	int status = system(command);

	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static char *file_read(const char *path)
{
	FILE *f = fopen(path, "re");
	char *ret = NULL;
	size_t room = 0;

	if (!f || getdelim(&ret, &room, '\0', f) < 0) {
		free(ret);
		ret = strdup("");
	}
	if (f)
		fclose(f);
	return ret;
}

/* The value of the `index`th line " * key: value" of a case, or NULL. */
static char *directive(const char *source, const char *key, int index)
{
	char *mark = text("\n * %s: ", key), *ret = NULL;
	const char *at = source, *end = strstr(source, "*/");

	while ((at = strstr(at, mark)) != NULL && at < end) {
		at += strlen(mark);
		if (index-- == 0) {
			ret = strndup(at, strcspn(at, "\n"));
			break;
		}
	}
	free(mark);
	return ret;
}

/* The applier is the same for all: compiled once, before the tests fork. */
static void applier_make(void)
{
	char *command = text(
		"cd %s && for f in tests/unit/build_apply common/plan common/digest common/error; do"
		" gcc -std=gnu11 -D_GNU_SOURCE -O1 -fPIC -I. -c $f.c -o %s/${f##*/}.o || exit 1; done"
		" && cd %s && ar rcs libapply.a build_apply.o plan.o digest.o error.o",
		top(), folder(), folder());

	if (shell(command) != 0)
		fprintf(stderr, "cannot compile the applier\n");
	free(command);
}

static int name_compare(const void *a, const void *b)
{
	return strcmp(((const struct build_case *)a)->file,
		      ((const struct build_case *)b)->file);
}

ParameterizedTestParameters(build, cases)
{
	static struct build_case cases[128];
	char *path = text("%s/tests/unit/build_cases", top());
	const char *only = getenv("CASE"); /* to try a few by hand */
	DIR *dir = opendir(path);
	size_t count = 0;

	for (struct dirent *e; dir && (e = readdir(dir)) != NULL;) {
		char *file, *source;

		if (!strstr(e->d_name, ".c") ||
		    (only && !strstr(e->d_name, only)))
			continue;
		file = text("%s/%s", path, e->d_name);
		source = file_read(file);
		for (int i = 0; count < 128; i++) {
			char *variant = directive(source, "variant", i);

			if (!variant && i > 0)
				break;
			snprintf(cases[count].file, sizeof(cases[0].file), "%s",
				 e->d_name);
			snprintf(cases[count++].variant, VARIANT, "%s",
				 variant ? variant : "gcc -O2 -g");
			free(variant);
		}
		free(source);
		free(file);
	}
	if (dir)
		closedir(dir);
	free(path);
	qsort(cases, count, sizeof(cases[0]), name_compare);
	applier_make();
	return cr_make_param_array(struct build_case, cases, count);
}

/* Compile library and program of a case into `where`. */
static void target_make(const struct build_case *c, const char *where,
			const char *source, bool library, const char *strip)
{
	char *file = text("%s/tests/unit/build_cases/%s", top(), c->file);
	char *command = text(
		"cd %s && %s %s -I%s %s%s && %s %s -I%s -o prog %s -L%s -lapply %s -ldl -lm -Wl,-rpath,%s",
		where, library ? c->variant : ":", library ? "-w -DLIBRARY -shared -fPIC" : "",
		top(), library ? file : "", library ? " -o libcase.so -lm" : "",
		c->variant, library ? "-w -DPROGRAM" : "-w", top(), file, folder(),
		library ? "-L. -lcase" : "", where);

	(void)source;
	cr_assert_eq(shell(command), 0, "%s", command);
	free(command);
	if (!strip) {
		free(file);
		return;
	}
	command = text("cd %s && t=%s && objcopy --only-keep-debug $t case.debug && strip $t && "
		       "if [ %s = debug ]; then objcopy --add-gnu-debuglink=case.debug $t; else rm case.debug; fi",
		       where, library ? "libcase.so" : "prog", strip);
	cr_assert_eq(shell(command), 0, "%s", command);
	free(command);
	free(file);
}

static void says_check(const char *source, const char *said)
{
	char *want;

	for (int i = 0; (want = directive(source, "says", i)) != NULL; i++) {
		cr_expect(strstr(said, want), "it does not say \"%s\":\n%s", want, said);
		free(want);
	}
	for (int i = 0; (want = directive(source, "silent", i)) != NULL; i++) {
		cr_expect(!strstr(said, want), "it says \"%s\":\n%s", want, said);
		free(want);
	}
}

static void output_check(const char *source, const char *where,
			 const char *variant)
{
	char *want = directive(source, "output", 0), *command, *path, *got;
	char all[TEXT] = "";
	int status;

	if (!want)
		return;
	for (int i = 0; want; want = directive(source, "output", ++i)) {
		strncat(all, want, sizeof(all) - strlen(all) - 2);
		strcat(all, "\n");
		free(want);
	}
	command = text("cd %s && timeout 20 ./prog ./case.opus >out.txt 2>&1", where);
	status = shell(command);
	path = text("%s/out.txt", where);
	got = file_read(path);
	cr_expect_eq(status, 0, "the target ended with %d:\n%s", status, got);
	cr_expect_str_eq(got, all, "%s, got:\n%s", variant, got);
	free(command);
	free(path);
	free(got);
}

ParameterizedTest(struct build_case *c, build, cases)
{
	char *path = text("%s/tests/unit/build_cases/%s", top(), c->file);
	char *source = file_read(path);
	char *where = text("%s/case-XXXXXX", folder());
	char *library = directive(source, "library", 0);
	char *strip = directive(source, "strip", 0);
	char *flags = directive(source, "build", 0);
	char *want = directive(source, "exit", 0);
	const char *bin = getenv("OPUS_BUILD") ? getenv("OPUS_BUILD") : "build";
	char *command, *said, *said_path, *list;
	int status;

	cr_assert(mkdtemp(where) != NULL);
	target_make(c, where, source, library != NULL, strip);
	command = text("cd %s && %s/opus-build compile %s --cflags '-DPATCH %s-I%s' --target %s %s -o case.opus >said.txt 2>&1",
		       where, bin, path,
		       strstr(c->variant, "-std=c++17") ? "-std=c++17 " : "", top(), library ? "libcase.so" : "prog",
		       flags ? flags : "");
	status = shell(command);
	said_path = text("%s/said.txt", where);
	said = file_read(said_path);
	cr_expect_eq(status, want ? atoi(want) : 0, "%s, %s: status %d\n%s", c->file,
		     c->variant, status, said);
	says_check(source, said);
	if (status == 0)
		output_check(source, where, c->variant);
	/* Nothing is left beside the patch, and no patch after a failure. */
	list = text("cd %s && test \"$(ls -A | grep -c opus)\" = %d", where, status == 0);
	cr_expect_eq(shell(list), 0, "files are left behind");
	free(list);
	if (!getenv("KEEP")) {
		free(command);
		command = text("rm -rf %s", where);
		shell(command);
	}
	free(command);
	free(said);
	free(said_path);
	free(where);
	free(source);
	free(path);
	free(library);
	free(strip);
	free(flags);
	free(want);
}

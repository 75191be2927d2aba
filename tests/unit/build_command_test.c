/*
 * build_command_test.c - opus-build as a command: usage, files, signals.
 *
 * Called by:  tests/run.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "builder/report.h"

static const char target[] =
	"#include <stdio.h>\n"
	"__attribute__((noinline)) int first(int a) { return printf(\"%d\\n\", a); }\n"
	"int main(int argc, char **argv) { return first(argc) + !argv; }\n";
static const char patch[] =
	"#include <opus-livepatch/patch.h>\n"
	"OPUS_PATCH(\"command\", \"\");\n"
	"int first(int a) { return a + __LINE__ + __FILE__[0]; }\n"
	"OPUS_REPLACE(first);\n";

/* Run a command line in the folder of this test; its output goes to out.txt.
 * `$build` in it is opus-build. */
__attribute__((format(printf, 1, 2))) static int run(const char *format, ...)
{
	char *command = NULL, *all = NULL;
	va_list args;
	int status;

	va_start(args, format);
	cr_assert_gt(vasprintf(&command, format, args), 0);
	va_end(args);
	cr_assert_gt(asprintf(&all, "{ %s\n} >out.txt 2>&1", command), 0);
	status = system(all);
	free(command);
	free(all);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static bool says(const char *text)
{
	char all[8192];
	FILE *f = fopen("out.txt", "re");
	size_t n = f ? fread(all, 1, sizeof(all) - 1, f) : 0;

	if (f)
		fclose(f);
	all[n] = 0;
	if (!strstr(all, text))
		cr_log_error("\"%s\" is not in:\n%s", text, all);
	return strstr(all, text) != NULL;
}

static void file_write(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	cr_assert(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

static void init(void)
{
	const char *tmp = getenv("TEST_TMP") ? getenv("TEST_TMP") : "/tmp";
	char *bin = realpath(getenv("OPUS_BUILD") ? getenv("OPUS_BUILD") : "build", NULL);
	char folder[256], path[4200];

	cr_assert(bin != NULL);
	snprintf(path, sizeof(path), "%s/opus-build", bin);
	setenv("build", path, 1);
	free(bin);
	snprintf(folder, sizeof(folder), "%s/command-XXXXXX", tmp);
	cr_assert(mkdtemp(folder) && chdir(folder) == 0);
	setenv("TMPDIR", folder, 1);
	file_write("t.c", target);
	file_write("p.c", patch);
	cr_assert_eq(run("gcc -O2 -g t.c -o prog"), 0);
}

static void fini(void)
{
	run("cd .. && rm -rf \"$TMPDIR\"");
}

TestSuite(command, .init = init, .fini = fini, .timeout = 60);

Test(command, builds)
{
	cr_assert_eq(run("$build compile p.c --target prog -o p.opus"), 0);
	cr_assert(says("p.opus: patch command, 1 function, 0 references, 0 hooks,"));
	cr_assert_eq(run("test \"$(ls -A)\" = \"$(printf 'out.txt\\np.c\\np.opus\\nprog\\nt.c')\""), 0,
		     "files are left behind");
	cr_assert_eq(run("test $(stat -c %%a p.opus) = $(printf %%o $((0666 & ~0$(umask) & ~0111)))"), 0);
}

Test(command, same_input_same_bytes)
{
	cr_assert_eq(run("$build compile p.c -t prog -o one.opus"), 0);
	cr_assert_eq(run("mkdir elsewhere && TMPDIR=$PWD/elsewhere $build compile p.c -t prog -o two.opus"), 0);
	cr_assert_eq(run("cmp one.opus two.opus"), 0);
	cr_assert_eq(run("rmdir elsewhere"), 0, "its own folder is removed");
}

Test(command, usage)
{
	cr_assert_eq(run("$build"), 1);
	cr_assert(says("no command"));
	cr_assert(says("what to do: see `opus-build --help`"));
	cr_assert_eq(run("$build frob"), 1);
	cr_assert(says("unknown command frob"));
	cr_assert_eq(run("$build compile --target prog -o x"), 1);
	cr_assert(says("no source file"));
	cr_assert_eq(run("$build compile p.c -o x"), 1);
	cr_assert(says("no --target"));
	cr_assert_eq(run("$build diff - --source . --target prog -- true"), 1);
	cr_assert(says("no --name"));
	cr_assert_eq(run("$build compile p.c --frob"), 1);
	cr_assert(says("unknown option --frob"));
	cr_assert_eq(run("$build compile p.c -o"), 1);
	cr_assert(says("option -o needs an argument"));
	cr_assert_eq(run("$build --help"), 0);
	cr_assert(says("usage: opus-build diff"));
	cr_assert_eq(run("$build --version"), 0);
}

Test(command, files_that_are_no_target)
{
	cr_assert_eq(run("$build compile p.c -t none -o x.opus"), 1);
	cr_assert(says("cannot open none: No such file"));
	cr_assert_eq(run("$build compile p.c -t . -o x.opus"), 1);
	cr_assert(says("not a regular file"));
	cr_assert_eq(run("mkfifo pipe && $build compile p.c -t pipe -o x.opus"), 1);
	cr_assert(says("not a regular file"));
	cr_assert_eq(run("$build compile p.c -t t.c -o x.opus"), 1);
	cr_assert(says("not an ELF file"));
	cr_assert_eq(run(": >empty && $build compile p.c -t empty -o x.opus"), 1);
	cr_assert(says("not an ELF file"));
	cr_assert_eq(run("gcc -O2 -Wl,--build-id=none t.c -o bare && $build compile p.c -t bare -o x.opus"), 1);
	cr_assert(says("has no build-id"));
	cr_assert_eq(run("gcc -c t.c -o t.o && $build compile p.c -t t.o -o x.opus"), 1);
	cr_assert(says("neither a program nor a shared object"));
	for (int pie = 0; pie < 2; pie++) {
		cr_assert_eq(run("gcc -O2 %s t.c -o still && $build compile p.c -t still -o x.opus",
				 pie ? "-static-pie" : "-static"), 1);
		cr_assert(says("is linked statically"));
	}
	cr_assert_eq(run("test ! -e x.opus"), 0);
}

/* No truncated target brings the tool down. */
Test(command, targets_that_were_cut)
{
	for (int part = 1; part < 12; part++) {
		int status = run("head -c $(($(stat -c %%s prog) * %d / 12)) prog >cut && $build compile p.c -t cut -o x.opus",
				 part);

		cr_expect(status == 1 || status == 2, "%d/12: status %d", part, status);
	}
}

Test(command, debug_files)
{
	cr_assert_eq(run("objcopy --only-keep-debug prog far.debug && strip prog"), 0);
	cr_assert_eq(run("$build compile p.c -t prog -o x.opus"), 2);
	cr_assert(says("a target is stripped: give its debug file with --debug"));
	cr_assert_eq(run("$build compile p.c -t prog --debug far.debug -o x.opus"), 0);
	cr_assert_eq(run("gcc -O1 -g t.c -o other && $build compile p.c -t prog --debug other -o x.opus"), 1);
	cr_assert(says("its build-id is that of no target"));
	cr_assert_eq(run("$build compile p.c -t prog --debug t.c -o x.opus"), 1);
	cr_assert(says("not an ELF file"));
}

Test(command, sources_and_outputs)
{
	cr_assert_eq(run("$build compile none.c -t prog -o x.opus"), 1);
	cr_assert(says("cannot open none.c"));
	cr_assert_eq(run("$build compile p.c -t prog -o none/x.opus"), 1);
	cr_assert(says("cannot write none/x.opus"));
	cr_assert_eq(run("$build compile p.c --cc no-such-cc -t prog -o x.opus"), 1);
	cr_assert(says("cannot run no-such-cc"));
	/* What was there stays there after a failure. */
	cr_assert_eq(run("echo old >x.opus; $build compile p.c --cflags -frob -t prog -o x.opus"), 1);
	cr_assert_eq(run("grep -q old x.opus && ! ls -d opus-build.* .x* 2>/dev/null"), 0);
	cr_assert_eq(run("$build compile p.c --cflags \"-DX='1 2' -O1\" -t prog -o x.opus"), 0);
}

Test(command, debug_information_is_kept_on_demand)
{
	cr_assert_eq(run("$build compile p.c -t prog -o x.opus && ! readelf -SW x.opus | grep debug_info"), 0);
	cr_assert_eq(run("$build compile p.c -t prog -g -o x.opus && readelf -SW x.opus | grep debug_info"), 0);
	cr_assert_eq(run("gdb -batch -ex 'info line first' x.opus | grep 'Line 3 of \"p.c\"' || ! command -v gdb"), 0);
}

/* A tree of its own, so that neither diff nor patch lies in it. */
static void tree_make(void)
{
	cr_assert_eq(run("mkdir tree && cp t.c tree && cd tree && gcc -g -O2 t.c -o prog"), 0);
	cr_assert_eq(run("sed 's/%%d/%%x/' t.c | diff -u t.c - | sed 's,^+++ -,+++ t.c,' >hex.diff"), 0);
}

Test(command, names_by_default)
{
	cr_assert_eq(run("$build compile p.c --target prog"), 0);
	cr_assert(says("p.opus: patch command, 1 function"));
	tree_make();
	cr_assert_eq(run("$build diff hex.diff -s tree -t tree/prog -- gcc -g -O2 t.c -o prog"), 0);
	cr_assert(says("hex.opus: patch hex, 1 function"));
	cr_assert_eq(run("$build diff - -s tree -t tree/prog -l CVE-1 -- gcc -g -O2 t.c -o prog <hex.diff"), 0);
	cr_assert(says("CVE-1.opus: patch CVE-1, 1 function"));
	cr_assert_eq(run("cat hex.diff | $build diff /dev/stdin -s tree -t tree/prog -n y -- gcc -g -O2 t.c -o prog"), 0);
	cr_assert(says("y.opus: patch y, 1 function"));
	cr_assert_eq(run("$build diff - -s tree -t tree/prog -n z -- true <&-"), 1);
	cr_assert(says("opus-build: error: -: is no unified diff"));
	cr_assert_eq(run("$build diff tree -s tree -t tree/prog -- true"), 1);
	cr_assert(says("tree: a directory, not a diff"));
	cr_assert_eq(run("test ! -e z.opus"), 0);
}

/* Its words must not go into what is written. */
Test(command, closed_descriptors)
{
	cr_assert_eq(run("$build compile p.c -t prog -o open.opus"), 0);
	cr_assert_eq(run("$build -v compile p.c -t prog -o closed.opus <&- >&- 2>&-"), 0);
	cr_assert_eq(run("cmp open.opus closed.opus"), 0);
	/* What is there instead, the compiler gets, too. */
	file_write("cc", "#!/bin/sh\nreadlink /proc/$$/fd/2 >fd\nexec gcc \"$@\"\n");
	cr_assert_eq(run("chmod +x cc && $build compile p.c -t prog --cc ./cc -o cc.opus <&- >&- 2>&-"), 0);
	cr_assert_eq(run("grep -qx /dev/null fd"), 0);
}

Test(command, a_build_that_fails)
{
	tree_make();
	cr_assert_eq(run("$build diff hex.diff -s tree -t tree/prog -- gcc -g -O2 missing.c -o prog"), 1);
	cr_assert(says("missing.c: No such file or directory"));
	cr_assert(says("opus-build: error: gcc failed; its words are above"));
}

/* A build of many processes, of which opus-build alone is told to end. */
Test(command, an_interrupted_build)
{
	tree_make();
	file_write("tree/build", "echo $$ >>../pids\n"
				 "[ $1 = 0 ] && kill -TERM $(cat ../pid) && exec sleep 60\n"
				 "sh ./build $(($1 - 1)) &\nwait\nsleep 60\n");
	cr_assert_eq(run("sh -c 'echo $$ >pid; exec $build diff hex.diff -s tree -t tree/prog -- sh ./build 5'"), 128 + SIGTERM);
	cr_assert(says("opus-build: interrupted"));
	cr_assert_eq(run("test $(wc -l <pids) = 6 && for p in $(cat pids); do ! kill -0 $p || exit 1; done"), 0);
	cr_assert_eq(run("! ls -d opus-build.*"), 0);
}

Test(command, several_sources)
{
	file_write("q.c", "int second(int a);\nint second(int a) { return a + 1; }\n");
	file_write("r.c",
		   "#include <opus-livepatch/patch.h>\n"
		   "OPUS_PATCH(\"two\", \"\");\nint second(int);\n"
		   "int first(int a) { return second(a); }\nOPUS_REPLACE(first);\n");
	cr_assert_eq(run("$build compile q.c r.c -t prog -o x.opus"), 0);
}

/* Interrupted while the compiler runs: nothing is left, and the shell sees the
 * signal. */
Test(command, interrupted)
{
	file_write("slow.sh", "#!/bin/sh\nexec sleep 30\n");
	cr_assert_eq(run("chmod +x slow.sh; echo old >x.opus\n"
			 "$build compile p.c --cc ./slow.sh -t prog -o x.opus & pid=$!\n"
			 "while ! ls -d opus-build.*; do sleep 0.05; done; sleep 0.1\n"
			 "kill -TERM $pid; wait $pid"), 128 + 15);
	cr_assert(says("interrupted"));
	cr_assert_eq(run("grep -q old x.opus && ! ls -d opus-build.* .x* 2>/dev/null"), 0);
}

/* The manual's tables and the list in report.h are the same. */
Test(command, topics)
{
	static const char *const rows[] = {
#define T(NAME, refuses, id, text) "\n" id "\t" text "\n",
		REPORT_TOPICS(T)
#undef T
	};
	const char *top = getenv("OPUS_TOP");
	char path[4096], *text = NULL;
	size_t room = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/docs/man/opus-build.1", top ? top : ".");
	f = fopen(path, "re");
	cr_assert(f, "cannot open %s", path);
	cr_assert_gt(getdelim(&text, &room, '\0', f), 0);
	fclose(f);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_expect(strstr(text, rows[i]), "opus-build.1 lacks:%s", rows[i]);
	free(text);
}

/*
 * main.c - opus-build: command line and signals.
 *
 * Called by:  the user, or a build system.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     the handler sets a flag; passes look at it.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build.h"
#include "common/standard.h"
#include "default_name.h"

static const char help[] =
	"usage: opus-build diff FIX.diff --source DIR --target FILE [option...]\n"
	"                  [-o OUT.opus] -- BUILD COMMAND...\n"
	"       opus-build compile PATCH.c... --target FILE [option...] [-o OUT.opus]\n"
	"\n"
	"Make a patch for programs that run: from a source diff and the project's\n"
	"own build, or from functions written with <opus-livepatch/patch.h>. See\n"
	"opus-build(1) and opus-patch(5). A diff `-` is read from standard input.\n"
	"\n"
	"  -t, --target FILE   program or library to patch, as it is installed;\n"
	"                      again for each further object that is patched or\n"
	"                      referred to\n"
	"  -d, --debug FILE    its separate debug file, if it is not found by itself\n"
	"  -s, --source DIR    diff: the source that the target was built from; it is\n"
	"                      built in a private view and left as it is\n"
	"      --compile-commands FILE   diff: a compile_commands.json instead of the\n"
	"                      build command\n"
	"  -l, --label LABEL   diff: a label, such as a CVE number; again for more\n"
	"  -n, --name NAME     diff: the patch's name; else the first label\n"
	"      --hook FILE     diff: C source with hooks (OPUS_HOOK) that go with the\n"
	"                      patch, such as one that sets what the diff changes the\n"
	"                      first value of; again for more\n"
	"      --emit-c FILE   diff: keep the generated source, to read or edit it\n"
	"      --strict        warnings are reasons to refuse\n"
	"      --json          print one object: result, patches, warnings, refusals\n"
	"      --sarif FILE    write warnings and refusals there, as SARIF 2.1.0\n"
	"  -c, --cflags FLAGS  flags for the compiler: those the target was built with\n"
	"      --cc COMPILER   instead of gcc (for .c) or g++ (for .cc .cpp .cxx .C)\n"
	"  -o, --output FILE   the patch; else NAME.opus in the working directory, with\n"
	"                      the patch's name (diff) or that of its first source\n"
	"  -g, --keep-debug    leave the patch's own debug information in it\n"
	"  -v, --verbose       show the commands that are run and what was found\n"
	"  -h, --help          this text\n"
	"  -V, --version       the version\n"
	"\n"
	"exit status: 0 built, 1 error, 2 the change cannot be made (with the\n"
	"reason for each function), 3 the patch changes nothing\n";

static const struct option long_options[] = {
	{"source", required_argument, NULL, 's'},
	{"compile-commands", required_argument, NULL, 'J'},
	{"label", required_argument, NULL, 'l'},
	{"name", required_argument, NULL, 'n'},
	{"emit-c", required_argument, NULL, 'E'},
	{"hook", required_argument, NULL, 'H'},
	{"json", no_argument, NULL, 'j'},
	{"sarif", required_argument, NULL, 'R'},
	{"strict", no_argument, NULL, 'S'},
	{"target", required_argument, NULL, 't'},
	{"debug", required_argument, NULL, 'd'},
	{"cflags", required_argument, NULL, 'c'},
	{"cc", required_argument, NULL, 'C'},
	{"output", required_argument, NULL, 'o'},
	{"keep-debug", no_argument, NULL, 'g'},
	{"verbose", no_argument, NULL, 'v'},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'V'},
	{NULL, 0, NULL, 0},
};

static void interrupted(int signal)
{
	build_interrupted = signal;
}

/* No SA_RESTART: waiting for the compiler ends at once. */
static void signals_init(void)
{
	struct sigaction action = {.sa_handler = interrupted};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
}

__attribute__((format(printf, 1, 2))) static int usage(const char *format, ...)
{
	va_list args;

	fprintf(stderr, "opus-build: ");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\n  what to do: see `opus-build --help`\n");
	return BUILD_ERROR;
}

static bool list_add(char ***list, size_t *count, char *value)
{
	char **grown = build_grow(*list, *count, sizeof(*grown));

	if (!grown)
		return false;
	*list = grown;
	grown[(*count)++] = value;
	return true;
}

/* Open what reports go to, before any private view hides its place. */
static int reports_open(struct build_options *o)
{
	if (o->sarif)
		o->sarif_to = open(o->sarif, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (o->sarif && o->sarif_to < 0)
		return usage("--sarif %s: %s", o->sarif, strerror(errno));
	if (o->json) {
		o->json_to = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
		dup2(STDERR_FILENO, STDOUT_FILENO);
	}
	return -1;
}

/* -1: go on; else the exit status. */
static int options_read(int argc, char **argv, struct build_options *o)
{
	bool good = true;
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, ":t:d:c:o:s:l:n:gvhV", long_options, NULL)) != -1)
		switch (c) {
		case 't': good &= list_add(&o->target, &o->targets, optarg); break;
		case 'd': good &= list_add(&o->debug, &o->debugs, optarg); break;
		case 'c': o->cflags = optarg; break;
		case 'C': o->cc = optarg; break;
		case 's': o->tree = optarg; break;
		case 'J': o->compile_commands = optarg; break;
		case 'l': good &= list_add(&o->label, &o->labels, optarg); break;
		case 'n': o->name = optarg; break;
		case 'E': o->emit = optarg; break;
		case 'H': good &= list_add(&o->hook, &o->hooks, optarg); break;
		case 'j': o->json = true; break;
		case 'R': o->sarif = optarg; break;
		case 'S': o->strict = true; break;
		case 'o': o->output = optarg; break;
		case 'g': o->keep_debug = true; break;
		case 'v': o->verbose = true; break;
		case 'h': fputs(help, stdout); return BUILD_DONE;
		case 'V': puts("opus-build " OPUS_RELEASE); return BUILD_DONE;
		case ':': return usage("option %s needs an argument", argv[optind - 1]);
		default: return usage("unknown option %s", argv[optind - 1]);
		}
	return good ? -1 : usage("out of memory");
}

/* The words that are no options, and `rest`, what stands behind "--". */
static int words_read(int argc, char **argv, char **rest, struct build_options *o)
{
	bool diff = optind < argc && strcmp(argv[optind], "diff") == 0;
	bool good = true;

	for (int i = optind + 1; i < argc; i++) {
		if (diff && o->diff)
			return usage("%s: there is one diff to a patch, and behind `--` the build command",
				     argv[i]);
		if (diff)
			o->diff = argv[i];
		else
			good &= list_add(&o->source, &o->sources, argv[i]);
	}
	for (; *rest; rest++)
		good &= diff ? list_add(&o->command, &o->commands, *rest)
			     : list_add(&o->source, &o->sources, *rest);
	return good ? -1 : usage("out of memory");
}

static int diff_check(const struct build_options *o)
{
	if (!o->diff)
		return usage("no diff");
	if (!o->tree)
		return usage("no --source: the source tree that the target was built from");
	if (o->commands == 0 && !o->compile_commands)
		return usage("neither a build command behind `--` nor --compile-commands");
	return -1;
}

static int options_check(const char *command, const struct build_options *o)
{
	int status = -1;

	if (!command)
		return usage("no command");
	if (strcmp(command, "diff") == 0)
		status = diff_check(o);
	else if (strcmp(command, "compile") != 0)
		return usage("unknown command %s; there are: diff, compile", command);
	else if (o->sources == 0)
		return usage("no source file");
	else if (o->hooks)
		return usage("--hook %s: hooks of `compile` are in its sources", o->hook[0]);
	if (status >= 0)
		return status;
	if (o->targets == 0)
		return usage("no --target: the program or library to patch");
	if (name_is_missing(o))
		return usage("no --name: what to call a patch whose diff has no file name");
	return -1;
}

/* A file in the working directory, where compilers put theirs. */
static void output_default(struct build_options *o, char (*ret)[NAME_DEFAULT + 5])
{
	char name[NAME_DEFAULT];

	name_default(o, name);
	snprintf(*ret, sizeof(*ret), "%s.opus", name);
	if (!o->output)
		o->output = *ret;
}

int main(int argc, char **argv)
{
	struct build_options options = {0};
	char output[NAME_DEFAULT + 5];
	int count = 1, status;

	standard_open();
	while (count < argc && strcmp(argv[count], "--") != 0)
		count++;
	status = options_read(count, argv, &options);
	if (status < 0)
		status = words_read(count, argv, argv + count + (count < argc), &options);
	if (status < 0)
		status = options_check(optind < count ? argv[optind] : NULL, &options);
	if (status < 0)
		status = reports_open(&options);
	if (status < 0) {
		output_default(&options, &output);
		signals_init();
		status = build_run(&options);
	}
	free(options.source);
	free(options.target);
	free(options.debug);
	free(options.label);
	free(options.hook);
	free(options.command);
	if (build_interrupted) {
		/* Die of the signal, so that a shell or make stops too. */
		signal(build_interrupted, SIG_DFL);
		raise(build_interrupted);
	}
	return status;
}

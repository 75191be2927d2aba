/*
 * main.c - opus-build: command line and signals.
 *
 * Called by:  the user, or a build system.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     the handler sets a flag; passes look at it.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build.h"

static const char help[] =
	"usage: opus-build compile PATCH.c... --target FILE [option...] -o OUT.opus\n"
	"\n"
	"Make a patch for programs that run, from functions written with\n"
	"<opus-livepatch/patch.h>; see opus-build(1) and opus-patch(5).\n"
	"\n"
	"  -t, --target FILE   program or library to patch, as it is installed;\n"
	"                      again for each further object that is patched or\n"
	"                      referred to\n"
	"  -d, --debug FILE    its separate debug file, if it is not found by itself\n"
	"  -c, --cflags FLAGS  flags for the compiler: those the target was built with\n"
	"      --cc COMPILER   instead of gcc (for .c) or g++ (for .cc .cpp .cxx .C)\n"
	"  -o, --output FILE   the patch\n"
	"  -g, --keep-debug    leave the patch's own debug information in it\n"
	"  -v, --verbose       show the commands that are run and what was found\n"
	"  -h, --help          this text\n"
	"  -V, --version       the version\n"
	"\n"
	"exit status: 0 built, 1 error, 2 the change cannot be made (with the\n"
	"reason for each function), 3 the patch changes nothing\n";

static const struct option long_options[] = {
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

/* -1: go on; else the exit status. */
static int options_read(int argc, char **argv, struct build_options *o)
{
	bool good = true;
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, ":t:d:c:o:gvhV", long_options, NULL)) != -1)
		switch (c) {
		case 't': good &= list_add(&o->target, &o->targets, optarg); break;
		case 'd': good &= list_add(&o->debug, &o->debugs, optarg); break;
		case 'c': o->cflags = optarg; break;
		case 'C': o->cc = optarg; break;
		case 'o': o->output = optarg; break;
		case 'g': o->keep_debug = true; break;
		case 'v': o->verbose = true; break;
		case 'h': fputs(help, stdout); return BUILD_DONE;
		case 'V': puts("opus-build " OPUS_RELEASE); return BUILD_DONE;
		case ':': return usage("option %s needs an argument", argv[optind - 1]);
		default: return usage("unknown option %s", argv[optind - 1]);
		}
	for (int i = optind + 1; i < argc; i++)
		good &= list_add(&o->source, &o->sources, argv[i]);
	return good ? -1 : usage("out of memory");
}

static int options_check(int argc, char **argv, const struct build_options *o)
{
	if (optind >= argc)
		return usage("no command");
	if (strcmp(argv[optind], "compile") != 0)
		return usage("unknown command %s; there is: compile", argv[optind]);
	if (o->sources == 0)
		return usage("no source file");
	if (o->targets == 0)
		return usage("no --target: the program or library to patch");
	if (!o->output)
		return usage("no -o: where to write the patch");
	return -1;
}

int main(int argc, char **argv)
{
	struct build_options options = {0};
	int status = options_read(argc, argv, &options);

	if (status < 0)
		status = options_check(argc, argv, &options);
	if (status < 0) {
		signals_init();
		status = build_run(&options);
	}
	free(options.source);
	free(options.target);
	free(options.debug);
	if (build_interrupted) {
		/* Die of the signal, so that a shell or make stops too. */
		signal(build_interrupted, SIG_DFL);
		raise(build_interrupted);
	}
	return status;
}

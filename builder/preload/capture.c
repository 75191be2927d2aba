/*
 * capture.c - write down how the compiler was called.
 *
 * Called by:  the dynamic linker, in every process of a build that opus-build
 *             watches (LD_PRELOAD).
 * Runs on:    constructor.
 * Locks:      none.
 * Signal:     unsafe: none installed.
 *
 * A compiler is known by its executable, whatever name, path or wrapper called
 * it: so libtool, ccache, absolute paths and scripts make no difference. One
 * file per call: the working directory, then the arguments, each ended by NUL;
 * response files are copied in, for they may be gone later. Code that could
 * not be resolved to its source later gets debug information (-g), which
 * leaves the code as it is. That a script of the diff was run is noted as well.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER "OPUS_BUILD_CAPTURE"
#define AGAIN "OPUS_BUILD_CAPTURED"
#define SCRIPTS "OPUS_BUILD_SCRIPTS"

/* gcc, g++, cc, c++, clang, clang++, with a target before and a version behind:
 * x86_64-linux-gnu-gcc-12. */
static int is_compiler(const char *path)
{
	static const char *const names[] = {"gcc", "g++", "cc", "c++", "clang",
					    "clang++"};
	const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t n = strlen(names[i]);
		const char *at = base;

		while ((at = strstr(at, names[i])) != NULL) {
			size_t version = strspn(at + n, "-.0123456789");

			if ((at == base || at[-1] == '-') && at[n + version] == 0 &&
			    (version == 0 || at[n] == '-'))
				return 1;
			at++;
		}
	}
	return 0;
}

static void write_all(int fd, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, bytes, size);

		if (n <= 0)
			return;
		bytes += n;
		size -= (size_t)n;
	}
}

/* The words of a response file, as libiberty's expandargv() splits them. */
static void response_write(int fd, const char *path)
{
	int file = open(path, O_RDONLY | O_CLOEXEC), open_word = 0;
	struct stat st;
	char *text, *p, quote = 0;

	if (file < 0)
		return;
	if (fstat(file, &st) != 0 || !(text = calloc(1, (size_t)st.st_size + 1))) {
		close(file);
		return;
	}
	if (read(file, text, (size_t)st.st_size) < 0)
		*text = 0;
	close(file);
	for (p = text; *p; p++) {
		if (*p == '\\' && p[1]) {
			write_all(fd, ++p, 1);
			open_word = 1;
		} else if (quote ? *p == quote : *p == '\'' || *p == '"') {
			quote = quote ? 0 : *p;
			open_word = 1;
		} else if (!quote && strchr(" \t\r\n\f\v", *p)) {
			if (open_word)
				write_all(fd, "", 1);
			open_word = 0;
		} else {
			write_all(fd, p, 1);
			open_word = 1;
		}
	}
	if (open_word)
		write_all(fd, "", 1);
	free(text);
}

static void call_write(const char *folder, int argc, char **argv,
		       const char *program)
{
	char path[PATH_MAX], cwd[PATH_MAX];
	int fd = -1;

	if (!getcwd(cwd, sizeof(cwd)))
		return;
	for (int i = 0; i < 1000 && fd < 0; i++) {
		snprintf(path, sizeof(path), "%s/%010d.%03d.tmp", folder,
			 (int)getpid(), i);
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
		if (fd < 0 && errno != EEXIST)
			return;
	}
	if (fd < 0)
		return;
	write_all(fd, cwd, strlen(cwd) + 1);
	/* By the path of the executable: the name that it was called by may
	 * mean something else later. */
	write_all(fd, program, strlen(program) + 1);
	for (int i = 1; i < argc; i++)
		if (argv[i][0] == '@' && access(argv[i] + 1, R_OK) == 0)
			response_write(fd, argv[i] + 1);
		else
			write_all(fd, argv[i], strlen(argv[i]) + 1);
	close(fd);
	memcpy(cwd, path, sizeof(cwd));
	cwd[strlen(cwd) - strlen(".tmp")] = 0; /* complete */
	rename(path, cwd);
}

/* Is the path one of `list`, which ends each of its own by a newline? */
static int list_has(const char *list, const char *path)
{
	size_t n = strlen(path);

	for (const char *at = list; (at = strstr(at, path)) != NULL; at++)
		if ((at == list || at[-1] == '\n') && at[n] == '\n')
			return 1;
	return 0;
}

/* An interpreter gets its script as an argument, behind few options. */
static void script_note(const char *folder, const char *list, int argc, char **argv)
{
	char path[PATH_MAX];
	int fd;

	for (int i = 1; i < argc && i < 8; i++) {
		const char *base = strrchr(argv[i], '/');

		/* Most processes of a build are told so without a system call. */
		if (!strstr(list, base ? base : argv[i]) || !realpath(argv[i], path) ||
		    !list_has(list, path))
			continue;
		snprintf(path, sizeof(path), "%s/.script", folder);
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
		if (fd >= 0)
			close(fd);
	}
}

__attribute__((constructor)) static void capture(int argc, char **argv,
						 char **envp)
{
	const char *folder = getenv(FOLDER), *again = getenv(AGAIN);
	const char *scripts = getenv(SCRIPTS);
	char program[PATH_MAX], pid[24], **grown;
	ssize_t n;

	(void)envp;
	if (!folder || argc < 1)
		return;
	n = readlink("/proc/self/exe", program, sizeof(program) - 1);
	if (n <= 0)
		return;
	program[n] = 0;
	if (scripts)
		script_note(folder, scripts, argc, argv);
	/* clang runs itself for each of several steps. */
	if (!is_compiler(program) || (argc > 1 && strncmp(argv[1], "-cc1", 4) == 0))
		return;
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	if (again && strcmp(again, pid) == 0)
		return; /* ourselves, with -g */
	call_write(folder, argc, argv, program);
	grown = malloc(((size_t)argc + 2) * sizeof(*grown));
	if (!grown)
		return;
	memcpy(grown, argv, (size_t)argc * sizeof(*grown));
	/* In front, so that a -g0 or -g3 of the build wins. */
	memmove(grown + 2, grown + 1, ((size_t)argc - 1) * sizeof(*grown));
	grown[1] = (char *)"-g";
	grown[argc + 1] = NULL;
	setenv(AGAIN, pid, 1);
	execv(program, grown);
	free(grown);
}

/*
 * start.c - before main(): apply the patches that the start asks for.
 *
 * Called by:  the program's start code, in place of libc's function.
 * Runs on:    the first thread. Constructors of libraries have run, and some
 *             may have started threads; those of the program have not.
 * Locks:      the loader's and malloc's.
 * Signal:     unsafe: heap, loader.
 *
 * __libc_start_main() and not the agent's constructor is the place: it is
 * called once, by the program's entry alone, when all libraries are there. A
 * constructor also runs when the agent is brought into a process that works
 * already, where functions to be replaced are on the stack of its caller.
 */
#include "start.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent.h"
#include "arch/x86_64/raw.h"
#include "common/audit.h"
#include "common/cleanup.h"
#include "common/start.h"
#include "control.h"
#include "library.h"
#include "lock.h"
#include "patch.h"
#include "store.h"
#include "update.h"

typedef int main_function(int, char **, char **);
typedef int start_function(main_function *, int, char **, void (*)(void),
			   void (*)(void), void (*)(void), void *);

/* The kernel ends who writes to a pipe without a reader, or more to a file than
 * RLIMIT_FSIZE lets: not while it is the agent that writes. */
#define ENDS (1ull << (SIGPIPE - 1) | 1ull << (SIGXFSZ - 1))

struct ends {
	uint64_t mask, pending; /* before */
};

static void ends_block(struct ends *e)
{
	const uint64_t ends = ENDS;

	e->pending = 0;
	raw_syscall6(SYS_rt_sigprocmask, SIG_BLOCK, (long)&ends, (long)&e->mask,
		     sizeof(ends), 0, 0);
	raw_syscall3(SYS_rt_sigpending, (long)&e->pending, sizeof(e->pending), 0);
}

static void ends_let(const struct ends *e)
{
	const struct timespec at_once = {0, 0};
	uint64_t ours = ENDS & ~e->pending;

	while (ours && raw_syscall6(SYS_rt_sigtimedwait, (long)&ours, 0,
				    (long)&at_once, sizeof(ours), 0, 0) > 0)
		;
	raw_syscall6(SYS_rt_sigprocmask, SIG_SETMASK, (long)&e->mask, 0,
		     sizeof(e->mask), 0, 0);
}

/* The threads of a process are the folders in this one. */
static bool alone(void)
{
	struct stat st;

	return stat("/proc/self/task", &st) == 0 && st.st_nlink == 3;
}

enum opus_code start_apply(int fd, uint32_t flags, struct opus_error *err)
{
	bool one = alone();
	struct patch *p = NULL;
	enum opus_code code;

	error_clear(err);
	code = patch_load(fd, one, &p, err);
	if (code != OPUS_OK)
		return code;
	return one ? update_alone(p, err)
		   : update_start(p, false, flags, 0, "", 0, err);
}

void start_tell(const char *what, bool meant, const struct opus_error *result)
{
	const char *slash = strrchr(what, '/');
	struct audit record = {.action = "start", .patch = slash ? slash + 1 : what,
			       .pid = getpid(), .command = program_invocation_short_name,
			       .pause_ns = update_now.report.pause_ns,
			       .result = result};

	log_line("at start: %s: %s%s%s", what, code_text(result->code),
		 result->text[0] ? ": " : "", result->text);
	/* What is for another program is of no interest here. */
	if (meant || result->code != OPUS_NO_MATCH)
		audit_send(&record);
}

/* --- opus-run --patch, --require --- */

/*
 * The one place where the agent ends a process. Whoever started it has asked
 * for that: rather no service than one with the hole. Not a line of the
 * program has run.
 */
static void refuse(const char *what, const struct opus_error *err)
{
	dprintf(STDERR_FILENO, "opus-run: not started: %s: %s\n", what, err->text);
	raw_syscall3(SYS_exit_group, START_REFUSED, 0, 0);
}

/* The program starts all the same, and whoever started it so must not believe that
 * the hole is closed. */
static void start_without(const char *what, const struct opus_error *err)
{
	struct pollfd p = {.fd = STDERR_FILENO, .events = POLLOUT};
	char text[PIPE_BUF];
	int n = snprintf(text, sizeof(text), "opus-run: %.64s starts without %.1024s: %s\n",
			 program_invocation_short_name, what, err->text);

	/* Not where it would wait, for the reader of a pipe or for a terminal. */
	if (n > 0 && (size_t)n < sizeof(text) && poll(&p, 1, 0) == 1 &&
	    p.revents & POLLOUT)
		raw_syscall3(SYS_write, STDERR_FILENO, (long)text, n);
}

static enum opus_code patch_apply(const char *path, bool meant,
				  struct opus_error *err)
{
	int fd CLEANUP(cleanup_close) = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	enum opus_code code;

	error_clear(err);
	code = fd < 0 ? error_set_errno(err, OPUS_UNREADABLE, "cannot be opened")
		      : start_apply(fd, WIRE_AT_ONCE, err);
	err->code = code;
	start_tell(path, meant, err);
	return code;
}

static void patches_apply(const char *list, bool meant, bool required)
{
	struct opus_error err;
	char path[4096];
	size_t size;

	for (; *list; list += size + (list[size] == ':')) {
		enum opus_code code;

		size = strcspn(list, ":");
		if (size == 0 || size >= sizeof(path))
			continue;
		memcpy(path, list, size);
		path[size] = '\0';
		code = patch_apply(path, meant, &err);
		if (code == OPUS_OK || code == OPUS_ALREADY)
			continue;
		if (required)
			refuse(path, &err);
		if (meant)
			start_without(path, &err);
	}
}

/* A child inherits the environment, and may be another program. */
AT_START static bool is_named(const char *variable)
{
	const char *pid = secure_getenv(variable);

	return pid && strtol(pid, NULL, 10) == getpid();
}

/* The store first: what is asked for by name stands on what is there. */
AT_START static void start_patches(void)
{
	const char *patches = secure_getenv(START_PATCHES);
	const char *off = secure_getenv(START_SWITCH);
	bool required = is_named(START_REQUIRE);
	bool meant = patches && (required || is_named(START_FOR));
	bool stored = store_concerns();
	struct opus_error err;
	struct ends ends;

	if (off && strcmp(off, "off") == 0 && !required)
		return;
	if (required && !agent_signal) {
		(void)!error_set(&err, OPUS_NO_AGENT,
				 "the agent cannot have a signal of its own");
		refuse("agent", &err);
	}
	if (!patches && !stored)
		return;
	ends_block(&ends);
	if (control_hold()) {
		library_own();
		if (stored)
			store_apply(WIRE_AT_ONCE);
		if (patches)
			patches_apply(patches, meant, required);
		library_own_end();
		control_let();
	} else {
		(void)!error_set(&err, OPUS_BUSY, "the agent is busy");
		if (required)
			refuse("agent", &err);
		if (meant)
			start_without(patches, &err);
	}
	ends_let(&ends);
}

AT_START static void start_lock(void)
{
	const char *lock = secure_getenv(START_LOCK);
	struct opus_error err;

	if (!lock || strcmp(lock, "1") != 0)
		return;
	if (lock_install(&err) != OPUS_OK)
		refuse("--lock", &err);
	beacon_flag(BEACON_LOCKED, 0);
}

__attribute__((visibility("default")))
start_function __libc_start_main;
AT_START int __libc_start_main(main_function *function, int argc, char **argv,
		      void (*init)(void), void (*fini)(void),
		      void (*loader_fini)(void), void *stack_end)
{
	start_function *real = (start_function *)dlsym(RTLD_NEXT, "__libc_start_main");
	int saved = errno;

	/* opus-send waits for that: who had read the store before it was changed
	 * would come out of here as it was not meant to be. */
	beacon_flag(BEACON_STARTING, 0);
	start_patches();
	start_lock();
	beacon_flag(0, BEACON_STARTING);
	errno = saved;
	return real(function, argc, argv, init, fini, loader_fini, stack_end);
}

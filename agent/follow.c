/*
 * follow.c - exec and posix_spawn: the agent goes along, if it was asked to.
 *
 * Called by:  the host program and its libraries, in place of libc's own.
 * Runs on:    any thread of the host; children of vfork(2), which share its
 *             memory, and of fork(2) in a threaded program.
 * Locks:      none: execve(2) and its like are async-signal-safe and stay so.
 * Signal:     safe, as the functions behind them.
 *
 * Without opus-run --follow these pass everything on. With it, an environment
 * that lost LD_PRELOAD, as sshd or cron clean it, gets it back. That is
 * built on the caller's stack, since a child of vfork must leave no trace in the
 * memory of its parent; elsewhere, where it is large and the stack may be small,
 * in a mapping of its own.
 */
#include "follow.h"

#include <alloca.h>
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent.h"
#include "arch/x86_64/raw.h"
#include "common/start.h"
#include "contact.h"
#include "filter.h"
#include "guard.h"
#include "stop.h"
#include "stop_signal.h"
#include "tls.h"

#define PUBLIC __attribute__((visibility("default")))

/* An environment of more words, or a longer LD_PRELOAD, passes unchanged. */
#define FOLLOW_WORDS 2048
#define FOLLOW_PRELOAD 4096
/* More of it is not put on any stack: a thread's may have 16 KiB, an alternate one 8. */
#define FOLLOW_STACK 2048
#define FIRST_STACK (64ul << 20) /* nothing else is mapped so near to its end */

extern char **environ;

/* "NAME=VALUE" of the words that go along; written by the constructor. */
static const char *const follow_names[] = {
	START_FOLLOW, START_FOLLOW_NOT, START_PATCHES, START_SWITCH,
};
#define NAMES (sizeof(follow_names) / sizeof(follow_names[0]))
static char *follow_words[NAMES];
static const char *follow_agent; /* NULL: do not follow */
static const char *follow_not;

#define REAL(R)                                                                \
	R(int, execvpe, (const char *, char *const[], char *const[]))          \
	R(int, posix_spawn, (pid_t *, const char *, const posix_spawn_file_actions_t *, const posix_spawnattr_t *, char *const[], char *const[])) \
	R(int, posix_spawnp, (pid_t *, const char *, const posix_spawn_file_actions_t *, const posix_spawnattr_t *, char *const[], char *const[]))

#define R(type, name, parameters) START_DATA static type(*real_##name) parameters;
REAL(R)
#undef R

AT_START void follow_init(void)
{
	const char *agent = secure_getenv(START_FOLLOW);

#define R(type, name, parameters) \
	*(void **)&real_##name = dlsym(RTLD_NEXT, #name);
	REAL(R)
#undef R
	if (!agent || *agent != '/')
		return;
	for (size_t i = 0; i < NAMES; i++) {
		const char *value = secure_getenv(follow_names[i]);
		size_t length = strlen(follow_names[i]);
		char *word = value ? malloc(length + strlen(value) + 2) : NULL;

		if (!word)
			continue;
		strcpy(stpcpy(stpcpy(word, follow_names[i]), "="), value);
		follow_words[i] = word;
		if (i == 0)
			follow_agent = word + length + 1;
		if (i == 1)
			follow_not = word + length + 1;
	}
}

/* A library that starts before the agent's constructor may be the first. */
#define NEED(name) ((void)(real_##name || (follow_init(), 0)))

/* --- whom to follow --- */

/* Does `text` match the pattern up to `end`? `*` any characters, `?` one.
 * fnmatch(3) may allocate. */
static bool pattern_fits(const char *at, const char *end, const char *text)
{
	const char *star = NULL, *again = NULL;

	for (;;) {
		if (at < end && *at == '*') {
			star = ++at;
			again = text;
		} else if (*text && at < end && (*at == '?' || *at == *text)) {
			at++;
			text++;
		} else if (!*text && at == end) {
			return true;
		} else if (star && *again) {
			at = star;
			text = ++again;
		} else {
			return false;
		}
	}
}

static bool left_out(const char *path)
{
	for (const char *at = follow_not, *end; at && *at; at = *end ? end + 1 : end) {
		end = strchrnul(at, ':');
		if (pattern_fits(at, end, path))
			return true;
	}
	return false;
}

/* A program for another processor would only complain. A script is followed:
 * its interpreter is what counts. */
static bool elf_fits(int fd)
{
	Elf64_Ehdr e;

	if (pread(fd, &e, sizeof(e), 0) != sizeof(e) ||
	    memcmp(e.e_ident, ELFMAG, SELFMAG) != 0)
		return true;
	return e.e_ident[EI_CLASS] == ELFCLASS64 && e.e_machine == EM_X86_64;
}

/* `path` NULL: `fd` is the program. A name without a slash is looked for along
 * PATH by libc; it is held against the patterns only. */
static bool wanted(const char *path, int fd)
{
	bool fits;
	int saved;

	/* A child of clone(2) may have no thread-local storage, so no errno. */
	if (!follow_agent || !tls_there_sig())
		return false;
	saved = errno;
	if (access(follow_agent, R_OK) != 0 || (path && left_out(path))) {
		errno = saved;
		return false;
	}
	if (path)
		/* Of a FIFO or a device nobody is to wait for the other end. */
		fd = strchr(path, '/') ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK |
						    O_NOCTTY) : -1;
	fits = fd < 0 || elf_fits(fd);
	if (path && fd >= 0)
		close(fd);
	errno = saved;
	return fits;
}

/* --- the environment --- */

static bool is_word(const char *word, const char *name)
{
	size_t size = strlen(name);

	return strncmp(word, name, size) == 0 && word[size] == '=';
}

static const char *word_find(char *const env[], const char *name)
{
	for (size_t i = 0; env && env[i]; i++)
		if (is_word(env[i], name))
			return env[i] + strlen(name) + 1;
	return NULL;
}

/* Bytes that follow_build() needs for this environment; 0: it is to be left
 * as it is. */
static size_t follow_room(char *const env[])
{
	const char *preload = word_find(env, "LD_PRELOAD");
	size_t count = 0, text;

	while (env && env[count])
		count++;
	text = strlen("LD_PRELOAD=:") + (preload ? strlen(preload) : 0) +
	       strlen(follow_agent) + 1;
	if (count > FOLLOW_WORDS || text > FOLLOW_PRELOAD)
		return 0;
	return (count + NAMES + 2) * sizeof(char *) + text;
}

static char **follow_build(char *const env[], void *room)
{
	const char *preload = word_find(env, "LD_PRELOAD");
	bool there = preload && strstr(preload, "libopus-agent.so");
	char **list = room, *text;
	size_t n = 0;

	for (size_t i = 0; env && env[i]; i++)
		if (there || !is_word(env[i], "LD_PRELOAD"))
			list[n++] = env[i];
	for (size_t i = 0; i < NAMES; i++)
		if (follow_words[i] && !word_find(env, follow_names[i]))
			list[n++] = follow_words[i];
	text = (char *)(list + n + 2);
	if (!there) {
		list[n++] = text;
		text = stpcpy(text, "LD_PRELOAD=");
		if (preload && *preload)
			text = stpcpy(stpcpy(text, preload), ":");
		strcpy(text, follow_agent);
	}
	list[n] = NULL;
	return list;
}

struct followed {
	char *const *env; /* to go with */
	size_t size;      /* of what is made for that; 0: nothing */
	void *map;        /* where; NULL: on the caller's stack */
};

/* On the stack of the first thread, which grows. */
static bool is_stack_large(void)
{
	uintptr_t sp = raw_stack_pointer();

	return sp < contact_first_stack && contact_first_stack - sp < FIRST_STACK;
}

static struct followed follow_plan(bool wanted, char *const env[])
{
	struct followed with = {env, wanted ? follow_room(env) : 0, NULL};
	long at;

	/* What a child of vfork(2) maps would stay with its parent. */
	if (with.size <= FOLLOW_STACK || is_stack_large() ||
	    opus_beacon.pid != raw_getpid())
		return with;
	at = raw_syscall6(SYS_mmap, 0, (long)with.size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at < 0 && at > -4096)
		with.size = 0;
	else
		with.map = (void *)at;
	return with;
}

/* The program goes on. */
static void follow_end(const struct followed *with)
{
	if (with->map)
		raw_syscall3(SYS_munmap, (long)with->map, (long)with->size, 0);
}

/* A macro because most of it lives on the caller's stack. */
#define FOLLOWED(path, fd, old)                                                \
	({                                                                     \
		struct followed plan = follow_plan(wanted(path, fd), old);     \
		if (plan.size)                                                 \
			plan.env = follow_build(old, plan.map ? plan.map       \
						: alloca(plan.size));          \
		plan;                                                          \
	})

/* --- the functions --- */

/*
 * exec takes the agent's handler away and keeps the mask: a contact signal that
 * comes before the new program's agent is there would kill it. Blocked, it
 * waits for that agent, which unblocks it. An agent that came late has none to
 * wait for. A stop would kill it, too, by a signal that nobody blocks. The end of a
 * process, or of this program, is noted with it.
 */
struct left {
	uint64_t mask; /* the thread's */
	bool kept_out; /* of stops */
};

static struct left leave(void)
{
	uint64_t own = agent_signal ? 1ul << (agent_signal - 1) : 0;
	struct left left = {0};

	if (filter_is_tight_sig())
		return left; /* it would kill for what follows */
	guard_end();
	left.kept_out = stop_keep_out_sig();
	if (agent_signal == SIGNAL_SETXID)
		stop_signal_leave(left.kept_out);
	else
		raw_syscall6(SYS_rt_sigprocmask, SIG_BLOCK, (long)&own,
			     (long)&left.mask, sizeof(own), 0, 0);
	return left;
}

/* The program goes on after all. */
static void stay(struct left left)
{
	/* Also if another thread has got a tight filter since. */
	stop_let_in_sig(left.kept_out);
	if (filter_is_tight_sig())
		return;
	if (agent_signal == SIGNAL_SETXID)
		stop_signal_stay(left.kept_out);
	else
		raw_syscall6(SYS_rt_sigprocmask, SIG_SETMASK, (long)&left.mask, 0,
			     sizeof(left.mask), 0, 0);
}

/* libc's would do the same, and looking them up takes time at each start. */
static int failed(long rc, struct left left)
{
	stay(left);
	errno = (int)-rc;
	return -1;
}

static int exec_raw(int folder, const char *path, char *const words[],
		    const struct followed *with, int flags)
{
	struct left left = leave();
	long rc = raw_syscall6(SYS_execveat, folder, (long)path, (long)words,
			       (long)with->env, flags, 0);

	follow_end(with);
	return failed(rc, left);
}

PUBLIC int execve(const char *path, char *const words[], char *const env[])
{
	struct followed with = FOLLOWED(path, -1, env);
	struct left left = leave();
	long rc = raw_syscall3(SYS_execve, (long)path, (long)words, (long)with.env);

	follow_end(&with);
	return failed(rc, left);
}

PUBLIC int execv(const char *path, char *const words[])
{
	return execve(path, words, environ);
}

PUBLIC int execvpe(const char *name, char *const words[], char *const env[])
{
	struct followed with = FOLLOWED(name, -1, env);
	struct left left;
	int rc;

	NEED(execvpe);
	left = leave();
	rc = real_execvpe(name, words, with.env);
	follow_end(&with);
	stay(left);
	return rc;
}

PUBLIC int execvp(const char *name, char *const words[])
{
	return execvpe(name, words, environ);
}

PUBLIC int fexecve(int fd, char *const words[], char *const env[])
{
	char *const *there = words;
	struct followed with;

	MAY_BE_NULL(there);
	if (fd < 0 || !there || !env) { /* as in libc */
		errno = EINVAL;
		return -1;
	}
	with = FOLLOWED(NULL, fd, env);
	return exec_raw(fd, "", words, &with, AT_EMPTY_PATH);
}

PUBLIC int execveat(int folder, const char *path, char *const words[],
		    char *const env[], int flags)
{
	const char *there = path;
	struct followed with;

	MAY_BE_NULL(there);
	/* A path that counts from a folder is not looked at. */
	with = FOLLOWED(NULL, there && !*there ? folder : -1, env);
	return exec_raw(folder, path, words, &with, flags);
}

PUBLIC int posix_spawn(pid_t *pid, const char *path,
		       const posix_spawn_file_actions_t *actions,
		       const posix_spawnattr_t *attributes, char *const words[],
		       char *const env[])
{
	struct followed with = FOLLOWED(path, -1, env);
	int rc;

	NEED(posix_spawn);
	rc = real_posix_spawn(pid, path, actions, attributes, words, with.env);
	follow_end(&with);
	return rc;
}

PUBLIC int posix_spawnp(pid_t *pid, const char *name,
			const posix_spawn_file_actions_t *actions,
			const posix_spawnattr_t *attributes,
			char *const words[], char *const env[])
{
	struct followed with = FOLLOWED(name, -1, env);
	int rc;

	NEED(posix_spawnp);
	rc = real_posix_spawnp(pid, name, actions, attributes, words, with.env);
	follow_end(&with);
	return rc;
}

/* The words of a call with `...`, up to NULL, as an array on this stack. */
#define WORDS(first, list, words)                                              \
	va_list list, again;                                                   \
	size_t count = 1;                                                      \
	va_start(list, first);                                                 \
	va_copy(again, list);                                                  \
	while (va_arg(again, char *))                                          \
		count++;                                                       \
	va_end(again);                                                         \
	char **words = alloca((count + 1) * sizeof(char *));                   \
	words[0] = (char *)(first);                                            \
	for (size_t i = 1; i <= count; i++)                                    \
		words[i] = va_arg(list, char *)

PUBLIC int execl(const char *path, const char *first, ...)
{
	WORDS(first, list, words);
	va_end(list);
	return execv(path, words);
}

PUBLIC int execlp(const char *name, const char *first, ...)
{
	WORDS(first, list, words);
	va_end(list);
	return execvp(name, words);
}

PUBLIC int execle(const char *path, const char *first, ...)
{
	char *const *env;

	WORDS(first, list, words);
	env = va_arg(list, char *const *);
	va_end(list);
	return execve(path, words, env);
}

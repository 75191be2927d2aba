/*
 * guard.c - find out at the start how the last starts ended.
 *
 * Called by:  store.c; the host when it ends (destructor, _exit, exec) or
 *             becomes a daemon (setsid, daemon).
 * Runs on:    the first thread before main(); any thread afterwards.
 * Locks:      none.
 * Signal:     guard_end() is safe: system calls on a prepared text.
 *
 * Nothing of the agent runs while the program works, so nobody sees it die.
 * But the next start does: it finds a start that was noted, did not end by
 * itself, and whose process is gone. If that has happened STORE_DEATHS times
 * in a row, each time soon after the start, the newest patch is set aside.
 *
 * A daemon's first process ends by itself and leaves a child. So ends of a
 * process that has forked prove nothing (X instead of E), and a process that
 * makes itself a session leader is noted as a start of its own.
 */
#include "guard.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "agent.h"
#include "arch/x86_64/futex.h"
#include "common/cleanup.h"
#include "common/store.h"
#include "fork.h"
#include "object.h"
#include "tls.h"

#define PUBLIC __attribute__((visibility("default")))

static char guard_path[512]; /* "": nothing is noted */
START_DATA static int guard_pid;        /* the process that was noted; 0: none */
static uint64_t guard_since_ms;
static bool guard_forks;     /* it has had children */
static struct store_starts guard_starts;

static uint64_t clock_ms(void)
{
	/* Goes on while the machine sleeps, and nobody can set it. */
	return raw_clock(CLOCK_BOOTTIME) / 1000000u;
}

/* Processes that were gone when they were looked for. */
#define GONE_MAX 64
static pid_t guard_gone[GONE_MAX];
static uint32_t guard_gone_count;

/* It has ended, and nobody has waited for it: the first process of a container may
 * never do so. One whose first thread has ended looks the same, but has others
 * (proc_pid_stat(5), field 20). */
static bool is_zombie(pid_t pid)
{
	char path[32], text[512];
	const char *end;
	bool zombie;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	int fd CLEANUP(cleanup_close) = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	end = strrchr(text, ')');
	zombie = end && (strncmp(end, ") Z", 3) == 0 || strncmp(end, ") X", 3) == 0);
	for (int field = 2; zombie && end && field < 20; field++)
		end = strchr(end + 1, ' ');
	return zombie && end && atoi(end) <= 1;
}

static bool process_lives(pid_t pid)
{
	if ((kill(pid, 0) == 0 || errno != ESRCH) && !is_zombie(pid))
		return true;
	if (guard_gone_count < GONE_MAX)
		guard_gone[guard_gone_count++] = pid;
	return false;
}

static bool process_lived(pid_t pid)
{
	for (uint32_t i = 0; i < guard_gone_count; i++)
		if (guard_gone[i] == pid)
			return false;
	return true;
}

static void guard_write(const char *text, size_t size)
{
	int fd = (int)raw_syscall6(SYS_openat, AT_FDCWD, (long)guard_path,
				   O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC |
					   O_NONBLOCK, /* a FIFO, in another root */
				   0, 0, 0);

	const struct timespec at_once = {0, 0};
	uint64_t limit = 1ull << (SIGXFSZ - 1), before;

	if (fd < 0)
		return;
	/* More than RLIMIT_FSIZE lets would end the program. */
	raw_syscall6(SYS_rt_sigprocmask, SIG_BLOCK, (long)&limit, (long)&before,
		     sizeof(limit), 0, 0);
	if (raw_syscall3(SYS_write, fd, (long)text, (long)size) == -EFBIG)
		raw_syscall6(SYS_rt_sigtimedwait, (long)&limit, 0, (long)&at_once,
			     sizeof(limit), 0, 0);
	raw_syscall6(SYS_rt_sigprocmask, SIG_SETMASK, (long)&before, 0,
		     sizeof(before), 0, 0);
	raw_syscall3(SYS_close, fd, 0, 0);
}

/* --- before main --- */

static void path_make(void)
{
	char id[STORE_ID] = "0";

	if (object_snapshot(NULL) == OPUS_OK && objects_now.count)
		store_hex(objects_now.list[0].build_id,
			  objects_now.list[0].build_id_size, id);
	snprintf(guard_path, sizeof(guard_path), "%.400s/" STORE_STARTS "/%.16s.%u",
		 store_folder(), id, (unsigned)geteuid());
}

/* Whoever else could have made this file could have made it lie. */
static bool file_trusted(int fd, struct stat *st)
{
	return fstat(fd, st) == 0 && S_ISREG(st->st_mode) &&
	       (st->st_uid == 0 || st->st_uid == geteuid()) && st->st_nlink == 1 &&
	       !(st->st_mode & 022);
}

/* Begin the file anew, with what has to be kept. */
static void file_shorten(int fd)
{
	(void)!ftruncate(fd, 0);
	for (uint32_t i = 0; i < guard_starts.aside_count; i++)
		dprintf(fd, "A %u\n", guard_starts.aside[i]);
}

/* Returns how long the file is. */
static ssize_t starts_read(int fd, bool (*lives)(pid_t))
{
	static char text[STORE_STARTS_MAX + 4096];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	store_starts_read(text, clock_ms(), lives, &guard_starts);
	return n;
}

/* Who is gone has noted its end before that, but perhaps after we had read: such
 * deaths are held against what the file says now (measured: on a busy machine a
 * server with 40 sessions a second had its patch set aside within minutes). */
static void starts_look(int fd)
{
	ssize_t size = starts_read(fd, process_lives);

	if (guard_starts.deaths >= STORE_DEATHS)
		size = starts_read(fd, process_lived);
	if (size > (ssize_t)STORE_STARTS_MAX)
		file_shorten(fd);
}

static void newest_aside(int fd, const uint32_t *numbers, uint32_t count)
{
	uint32_t newest;

	while (count && !guard_allows(numbers[count - 1]))
		count--;
	if (count == 0)
		return;
	newest = numbers[count - 1];
	log_line("the last %u starts of this program ended in deaths: patch %u of the store is set aside",
		 guard_starts.deaths, newest);
	if (guard_starts.aside_count < STORE_ASIDE_MAX)
		guard_starts.aside[guard_starts.aside_count++] = newest;
	dprintf(fd, "A %u\n", newest);
}

static void start_note(void)
{
	char text[64];
	int size;

	guard_pid = getpid();
	guard_since_ms = clock_ms();
	size = snprintf(text, sizeof(text), "S %d %llu\n", guard_pid,
			(unsigned long long)guard_since_ms);
	guard_write(text, (size_t)size);
}

void guard_begin(const uint32_t *numbers, uint32_t count)
{
	struct stat st;

	if (guard_path[0])
		return;
	path_make();
	int fd CLEANUP(cleanup_close) =
		open(guard_path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC |
				 O_NONBLOCK, 0644);
	if (fd < 0 || !file_trusted(fd, &st)) {
		guard_path[0] = '\0';
		return;
	}
	starts_look(fd);
	if (guard_starts.deaths >= STORE_DEATHS)
		newest_aside(fd, numbers, count);
	start_note();
}

bool guard_allows(uint32_t number)
{
	for (uint32_t i = 0; i < guard_starts.aside_count; i++)
		if (guard_starts.aside[i] == number)
			return false;
	return true;
}

/* --- afterwards --- */

static AT_START bool soon(void)
{
	return clock_ms() - guard_since_ms <= STORE_SOON_MS;
}

AT_START void guard_end(void)
{
	char text[16];
	int size, pid = guard_pid, saved;

	/* A child of vfork() shares this memory, but not the id. One of clone(2) may
	 * have no thread-local storage, so no errno, and libc's _exit() needs none. */
	if (pid == 0 || pid != getpid() || !tls_there_sig() || !soon())
		return;
	saved = errno;
	text[0] = guard_forks ? 'X' : 'E';
	text[1] = ' ';
	size = 2;
	for (int unit = 1000000000; unit > 0; unit /= 10)
		if (pid >= unit)
			text[size++] = (char)('0' + pid / unit % 10);
	text[size++] = '\n';
	guard_write(text, (size_t)size);
	errno = saved;
}

void guard_confined(void)
{
	guard_end();
	guard_pid = 0;
}

void guard_has_forked(void)
{
	guard_forks = true;
}

void guard_forked(void)
{
	guard_forks = false;
}

/* This process has become the service, if it is so young. */
static void daemon_note(void)
{
	int saved;

	if (guard_pid == 0 || guard_pid == getpid() || !tls_there_sig())
		return;
	saved = errno;
	if (soon())
		start_note();
	errno = saved;
}

__attribute__((destructor)) AT_START static void guard_exit(void)
{
	guard_end();
}

PUBLIC AT_START void _exit(int status)
{
	guard_end();
	for (;;)
		raw_syscall3(SYS_exit_group, status, 0, 0);
}

PUBLIC void _Exit(int status)
{
	_exit(status);
}

PUBLIC pid_t setsid(void)
{
	long rc = raw_syscall3(SYS_setsid, 0, 0, 0);

	if (rc < 0) {
		errno = (int)-rc;
		return -1;
	}
	daemon_note();
	return (pid_t)rc;
}

START_DATA static int (*real_daemon)(int, int);

/* Not when it is called: see fork_init(). */
AT_START void guard_init(void)
{
	*(void **)&real_daemon = dlsym(RTLD_NEXT, "daemon");
}

/* libc's own calls its own fork(), setsid() and, in the parent, _exit(). */
PUBLIC int daemon(int nochdir, int noclose)
{
	int rc;

	if (!real_daemon)
		guard_init();
	guard_forks = true;
	guard_end();
	fork_begin();
	rc = real_daemon(nochdir, noclose);
	fork_end(); /* not in the parent, which has ended */
	if (rc == 0)
		daemon_note();
	return rc;
}

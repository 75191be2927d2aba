/*
 * proc.c - look at oneself through /proc, or through a descriptor of it.
 *
 * Called by:  whoever needs the list of threads, the memory map, or the code.
 * Runs on:    agent thread.
 * Locks:      none; raw system calls.
 * Signal:     unsafe for handlers, safe while threads are stopped.
 *
 * A service that has called chroot(2) as a rule has no /proc in its new root,
 * and one in a pid namespace may see the /proc of another one, whose numbers
 * would lead to the wrong threads. /proc/thread-self tells which it is: the
 * kernel fills it in with the ids of the namespace that this /proc belongs to
 * (proc(5)). In both cases opus-send hands over the right folder as a
 * descriptor, which works from within any root.
 */
#include "proc.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "arch/x86_64/raw.h"
#include "descriptor.h"
#include "restart.h"

/* Written and read by the agent thread. */
static enum { PROC_UNKNOWN, PROC_NONE, PROC_OWN, PROC_GIVEN } proc_state;
static int proc_folder = -1; /* PROC_GIVEN: of the process, O_PATH */
static int proc_before = -1; /* between enter and leave: the working folder */

static long raw_open(int folder, const char *path, int flags)
{
	return raw_syscall6(SYS_openat, folder, (long)path, flags | O_CLOEXEC, 0,
			    0, 0);
}

/* Does /proc/thread-self have our own ids? */
static bool own_matches(void)
{
	char want[48], have[48];
	long n = raw_syscall3(SYS_readlink, (long)"/proc/thread-self", (long)have,
			      sizeof(have) - 1);

	if (n < 0)
		return false;
	have[n] = '\0';
	snprintf(want, sizeof(want), "%d/task/%d", getpid(), raw_gettid());
	return strcmp(have, want) == 0;
}

bool proc_usable(void)
{
	if (proc_state == PROC_UNKNOWN)
		proc_state = own_matches() ? PROC_OWN : PROC_NONE;
	return proc_state != PROC_NONE;
}

/* snprintf into a local buffer takes no lock and allocates nothing. */
static int open_below(const char *name, int flags)
{
	char path[96];

	if (!proc_usable())
		return -ENOENT;
	if (proc_state == PROC_GIVEN)
		return (int)raw_open(proc_folder, name, flags);
	snprintf(path, sizeof(path), "/proc/self/%s", name);
	return (int)raw_open(AT_FDCWD, path, flags);
}

static ssize_t read_first(int fd, char *ret, size_t size)
{
	struct descriptor d;
	ssize_t n;

	*ret = '\0';
	if (fd < 0)
		return fd;
	descriptor_keep(&d, fd);
	if (d.fd < 0)
		return -EBADF;
	n = raw_syscall3(SYS_read, d.fd, (long)ret, (long)size - 1);
	descriptor_close(&d);
	ret[n < 0 ? 0 : n] = '\0';
	return n;
}

ssize_t proc_read_at(int dir, const char *path, char *ret, size_t size)
{
	return read_first((int)raw_open(dir, path, O_RDONLY), ret, size);
}

ssize_t proc_read_of(unsigned int tid, const char *name, char *ret, size_t size)
{
	char path[64];

	snprintf(path, sizeof(path), "task/%u/%s", tid, name);
	return read_first(open_below(path, O_RDONLY), ret, size);
}

uint64_t proc_run_time(unsigned int tid)
{
	char text[64];

	return proc_read_of(tid, "schedstat", text, sizeof(text)) > 0
		       ? strtoull(text, NULL, 10) : 0;
}

int proc_open(const char *name, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "task/%d/%s", raw_gettid(), name);
	return open_below(path, flags);
}

int proc_open_tasks(void)
{
	return open_below("task", O_RDONLY | O_DIRECTORY);
}

/* What getdents64(2) writes. */
struct proc_entry {
	uint64_t inode;
	int64_t next;
	unsigned short length;
	unsigned char type;
	char name[];
};

/* The thread of such an entry; 0: it is none of a thread. */
static uint32_t entry_tid(const struct proc_entry *e)
{
	const char *s = e->name;
	uint32_t value = 0;

	for (; *s >= '0' && *s <= '9'; s++)
		value = value * 10 + (uint32_t)(*s - '0');
	return *s ? 0 : value;
}

void proc_tasks_begin(struct proc_tasks *ret, int dir)
{
	ret->dir = dir;
	ret->at = ret->size = 0;
	lseek(dir, 0, SEEK_SET);
}

uint32_t proc_tasks_next(struct proc_tasks *tasks)
{
	for (;;) {
		const struct proc_entry *e;
		uint32_t tid;

		if (tasks->at >= tasks->size) {
			tasks->size = raw_syscall3(SYS_getdents64, tasks->dir,
						   (long)tasks->buffer,
						   sizeof(tasks->buffer));
			tasks->at = 0;
			if (tasks->size <= 0)
				return 0;
		}
		e = (const void *)(tasks->buffer + tasks->at);
		tasks->at += e->length;
		tid = entry_tid(e);
		if (tid != 0)
			return tid;
	}
}

/* Is our own thread in it, by the number that it has for itself? NSpid lists
 * the numbers from the namespace of that procfs inwards (proc(5)): a second one
 * would mean that it belongs to a namespace further out. */
static bool given_matches(int folder)
{
	char path[64], want[64], text[2048];
	struct statfs fs;

	if (fstatfs(folder, &fs) != 0 || fs.f_type != PROC_SUPER_MAGIC)
		return false;
	snprintf(path, sizeof(path), "task/%d/status", raw_gettid());
	snprintf(want, sizeof(want), "\nNSpid:\t%d\n", raw_gettid());
	(void)proc_read_at(folder, path, text, sizeof(text));
	return strstr(text, want) != NULL;
}

enum opus_code proc_take(int fd, struct opus_error *err)
{
	if (!given_matches(fd)) {
		close(fd);
		return error_set(err, OPUS_RESOURCE,
			"the folder of /proc that opus-send passed is not this process's");
	}
	proc_forget();
	proc_folder = fd;
	proc_state = PROC_GIVEN;
	return OPUS_OK;
}

enum opus_code proc_enter(char *ret, size_t size, struct opus_error *err)
{
	if (!proc_usable())
		return error_set(err, OPUS_RESOURCE,
			"it has no /proc of its own process ids: run opus-send as root and in its pid namespace");
	if (proc_state == PROC_OWN) {
		snprintf(ret, size, "/proc/%d/task/%d", getpid(), raw_gettid());
		return OPUS_OK;
	}
	/* Told the name of a file from there, the loader looks for its working
	 * folder, outside of its root, by reading folders (getcwd(3)). With glibc
	 * 2.41 it takes a lock then that it has not initialised, and may wait for
	 * ever (Debian's 2.41-12, 2.43-7). */
	if (restart_waits.plain)
		return error_set(err, OPUS_RESOURCE, WAITS_NO_PROC);
	/* dlopen(3) knows paths only. With a root and a working folder of its
	 * own, this thread can stand where a relative path leads there, and the
	 * host's working folder stays what it is (unshare(2), CLONE_FS, needs
	 * no privilege). */
	proc_before = (int)raw_open(AT_FDCWD, ".", O_PATH | O_DIRECTORY);
	if (unshare(CLONE_FS) != 0 || fchdir(proc_folder) != 0) {
		proc_leave();
		return error_set_errno(err, OPUS_RESOURCE,
			"it has no /proc, and the agent cannot stand in the one of opus-send");
	}
	snprintf(ret, size, "./task/%d", raw_gettid());
	return OPUS_OK;
}

void proc_leave(void)
{
	if (proc_before < 0)
		return;
	(void)!fchdir(proc_before);
	close(proc_before);
	proc_before = -1;
}

void proc_forget(void)
{
	proc_leave();
	if (proc_folder >= 0)
		close(proc_folder);
	proc_folder = -1;
	proc_state = PROC_UNKNOWN;
}

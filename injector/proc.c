/*
 * proc.c - read and understand the files of /proc/PID.
 *
 * Called by:  target.c, beacon_read.c, contact.c, client.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * Files of /proc are read with as few read(2) as possible: the kernel makes
 * the text of `maps` while it is read, and a text from two moments can miss a
 * mapping.
 */
#include "proc.h"

#include <ctype.h>
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "common/cleanup.h"

#define PROC_FILE_MAX (64u << 20)

char *proc_file_read(const char *path, size_t *ret_size)
{
	CLEANUP(cleanup_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t room = 16384, size = 0;
	char *text, *more;
	ssize_t n;

	if (fd < 0)
		return NULL;
	text = malloc(room);
	while (text) {
		n = read(fd, text + size, room - size - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		size += (size_t)n;
		if (room - size > 4096)
			continue;
		more = room < PROC_FILE_MAX ? realloc(text, room *= 2) : NULL;
		if (!more) {
			free(text);
			errno = EFBIG;
			return NULL;
		}
		text = more;
	}
	if (text && n < 0) {
		free(text);
		return NULL;
	}
	if (text)
		text[size] = '\0';
	if (text && ret_size)
		*ret_size = size;
	return text;
}

bool proc_auxv(pid_t view, uint64_t type, uint64_t *ret)
{
	char path[64];
	size_t size = 0;

	snprintf(path, sizeof(path), "/proc/%d/auxv", view);
	CLEANUP(cleanup_free) char *text = proc_file_read(path, &size);
	const Elf64_auxv_t *a = (const void *)text;

	*ret = 0;
	for (size_t n = text ? size / sizeof(*a) : 0; n > 0; n--, a++)
		if (a->a_type == type)
			*ret = a->a_un.a_val;
	return text != NULL;
}

bool proc_is_32bit(pid_t view)
{
	char path[64];
	size_t size = 0;
	uint64_t entry;

	if (!proc_auxv(view, AT_PHENT, &entry) || entry == sizeof(Elf64_Phdr))
		return false;
	snprintf(path, sizeof(path), "/proc/%d/auxv", view);
	CLEANUP(cleanup_free) char *text = proc_file_read(path, &size);
	const Elf32_auxv_t *a = (const void *)text;

	for (size_t n = text ? size / sizeof(*a) : 0; n > 0; n--, a++)
		if (a->a_type == AT_PHENT)
			return a->a_un.a_val == sizeof(Elf32_Phdr);
	return false;
}

/* The value of a line "KEY:\tvalue", or NULL. */
static const char *status_line(const char *text, const char *key)
{
	size_t len = strlen(key);

	for (const char *p = text; p; p = strchr(p, '\n')) {
		if (*p == '\n')
			p++;
		if (strncmp(p, key, len) == 0 && p[len] == ':') {
			p += len + 1;
			return p + strspn(p, " \t");
		}
		if (!*p)
			break;
	}
	return NULL;
}

static uint64_t status_number(const char *text, const char *key, int base)
{
	const char *value = status_line(text, key);

	return value ? strtoull(value, NULL, base) : 0;
}

/* Second of the numbers: effective id; the last one: innermost namespace. */
static long status_nth(const char *text, const char *key, int index)
{
	const char *value = status_line(text, key);
	char *end = NULL;
	long number = 0;

	for (int i = 0; value && *value && *value != '\n'; i++) {
		number = strtol(value, &end, 10);
		if (end == value || i == index)
			break;
		value = end + strspn(end, " \t");
	}
	return number;
}

static unsigned int status_words(const char *text, const char *key)
{
	const char *value = status_line(text, key);
	unsigned int count = 0;

	while (value && *value && *value != '\n') {
		value += strcspn(value, " \t\n");
		value += strspn(value, " \t");
		count++;
	}
	return count;
}

bool proc_status_parse(const char *text, struct proc_status *ret)
{
	const char *name = status_line(text, "Name");
	const char *state = status_line(text, "State");

	memset(ret, 0, sizeof(*ret));
	if (!name || !state || !status_line(text, "Tgid"))
		return false;
	for (size_t i = 0; i + 1 < sizeof(ret->name) && name[i] &&
			   name[i] != '\n'; i++)
		ret->name[i] = isprint((unsigned char)name[i]) ? name[i] : '?';
	ret->state = *state;
	ret->tgid = (pid_t)status_number(text, "Tgid", 10);
	ret->inner_pid = (pid_t)status_nth(text, "NStgid", -1);
	ret->levels = status_words(text, "NStgid");
	ret->inner_tid = (pid_t)status_nth(text, "NSpid", -1);
	ret->parent = (pid_t)status_number(text, "PPid", 10);
	ret->tracer = (pid_t)status_number(text, "TracerPid", 10);
	ret->euid = (uid_t)status_nth(text, "Uid", 1);
	ret->egid = (gid_t)status_nth(text, "Gid", 1);
	ret->threads = (unsigned int)status_number(text, "Threads", 10);
	ret->blocked = status_number(text, "SigBlk", 16);
	ret->pending = status_number(text, "SigPnd", 16);
	ret->shared = status_number(text, "ShdPnd", 16);
	ret->caught = status_number(text, "SigCgt", 16);
	ret->seccomp = (int)status_number(text, "Seccomp", 10);
	ret->filters = (int)status_number(text, "Seccomp_filters", 10);
	ret->memory = status_line(text, "VmSize") != NULL;
	ret->dumping = status_number(text, "CoreDumping", 10) != 0;
	return true;
}

bool proc_status_read(pid_t pid, pid_t tid, struct proc_status *ret)
{
	CLEANUP(cleanup_free) char *text = NULL;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/status", pid, tid);
	text = proc_file_read(path, NULL);
	if (!text) {
		/* The process ended between open and read. */
		if (errno == ESRCH)
			errno = ENOENT;
		return false;
	}
	errno = ENOENT;
	return proc_status_parse(text, ret);
}

char *proc_maps_read(pid_t view)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/maps", view);
	return proc_file_read(path, NULL);
}

char *proc_maps_read_any(pid_t pid, pid_t *ret_view)
{
	CLEANUP(cleanup_free) pid_t *tids = NULL;
	char *maps = proc_maps_read(pid);
	ssize_t count;

	*ret_view = pid;
	if (!maps || *maps)
		return maps;
	count = proc_threads(pid, &tids);
	for (ssize_t i = 0; i < count && (!maps || !*maps); i++) {
		free(maps);
		maps = proc_maps_read(tids[i]);
		*ret_view = tids[i];
	}
	return maps;
}

static bool map_parse(char *line, struct proc_map *ret)
{
	char perms[5];
	unsigned int major, minor;
	int used = 0;

	/* address perms offset dev inode pathname, proc_pid_maps(5) */
	if (sscanf(line, "%lx-%lx %4s %lx %x:%x %lu %n", &ret->start, &ret->end,
		   perms, &ret->offset, &major, &minor, &ret->inode, &used) < 7 ||
	    strlen(perms) != 4)
		return false;
	ret->device = (uint64_t)major << 32 | minor;
	ret->readable = perms[0] == 'r';
	ret->writable = perms[1] == 'w';
	ret->executable = perms[2] == 'x';
	ret->is_private = perms[3] == 'p';
	ret->path = line + used;
	return true;
}

bool proc_maps_next(char **cursor, struct proc_map *ret)
{
	while (**cursor) {
		char *line = *cursor;
		char *end = strchr(line, '\n');

		*cursor = end ? end + 1 : line + strlen(line);
		if (end)
			*end = '\0';
		if (map_parse(line, ret))
			return true;
	}
	return false;
}

int proc_regular_open(const char *path)
{
	CLEANUP(cleanup_close) int at = open(path, O_PATH | O_CLOEXEC);
	struct stat st;
	char self[64];

	if (at < 0 || fstat(at, &st) != 0)
		return -1;
	if (!S_ISREG(st.st_mode)) {
		errno = EINVAL;
		return -1;
	}
	snprintf(self, sizeof(self), "/proc/self/fd/%d", at);
	return open(self, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

const char *proc_basename(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The entries of a folder whose names are numbers. */
static ssize_t numbers_read(const char *path, pid_t **ret)
{
	DIR *dir = opendir(path);
	size_t room = 0, count = 0;
	struct dirent *e;
	pid_t *more;

	*ret = NULL;
	if (!dir)
		return -1;
	while ((e = readdir(dir)) != NULL) {
		if (!isdigit((unsigned char)e->d_name[0]))
			continue;
		if (count == room) {
			room = room ? room * 2 : 64;
			more = realloc(*ret, room * sizeof(**ret));
			if (!more) {
				free(*ret);
				*ret = NULL;
				closedir(dir);
				errno = ENOMEM;
				return -1;
			}
			*ret = more;
		}
		(*ret)[count++] = (pid_t)strtol(e->d_name, NULL, 10);
	}
	closedir(dir);
	return (ssize_t)count;
}

ssize_t proc_threads(pid_t pid, pid_t **ret)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	return numbers_read(path, ret);
}

ssize_t proc_processes(pid_t **ret)
{
	return numbers_read("/proc", ret);
}

uint64_t proc_run_time(pid_t pid, pid_t tid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/schedstat", pid, tid);
	CLEANUP(cleanup_free) char *text = proc_file_read(path, NULL);

	return text ? strtoull(text, NULL, 10) : 0;
}

long proc_syscall_parse(const char *text)
{
	char *end;
	long number;
	unsigned long operation;

	if (strncmp(text, "running", 7) == 0)
		return PROC_RUNNING;
	number = strtol(text, &end, 10);
	if (end == text)
		return PROC_UNKNOWN;
	/* NUMBER 0xARG 0xARG ... 0xSP 0xPC, proc_pid_syscall(5) */
	if (number == SYS_futex && sscanf(end, " %*x %lx", &operation) == 1 &&
	    (operation & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET)
		return PROC_CONDITION;
	return number;
}

static char *syscall_read(pid_t pid, pid_t tid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/syscall", pid, tid);
	return proc_file_read(path, NULL);
}

long proc_syscall(pid_t pid, pid_t tid)
{
	CLEANUP(cleanup_free) char *text = syscall_read(pid, tid);

	return text ? proc_syscall_parse(text) : PROC_UNKNOWN;
}

bool proc_syscall_words(pid_t pid, pid_t tid, long *ret_number,
			unsigned long ret[PROC_SYSCALL_WORDS])
{
	CLEANUP(cleanup_free) char *text = syscall_read(pid, tid);

	return text && sscanf(text, "%ld %lx %lx %lx %lx %lx %lx %lx %lx", ret_number,
			      &ret[0], &ret[1], &ret[2], &ret[3], &ret[4], &ret[5],
			      &ret[6], &ret[7]) == 1 + PROC_SYSCALL_WORDS;
}

static bool mem_read(pid_t view, uint64_t at, void *ret, size_t size)
{
	char path[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/mem", view);
	CLEANUP(cleanup_close) int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	n = pread(fd, ret, size, (off_t)at);
	if (n >= 0 && (size_t)n != size)
		errno = n ? EIO : ESRCH; /* 0: the memory is gone as a whole */
	return n >= 0 && (size_t)n == size;
}

bool proc_memory_read(pid_t view, uint64_t at, void *ret, size_t size)
{
	struct iovec local = {ret, size};
	struct iovec remote = {(void *)(uintptr_t)at, size};

	if (process_vm_readv(view, &local, 1, &remote, 1, 0) == (ssize_t)size)
		return true;
	/* The call is missing from some kernels and forbidden by some seccomp
	 * profiles of containers; the file says the same. */
	return mem_read(view, at, ret, size);
}

#define PAGES_MAX 256
#define PAGE_PRESENT (1ull << 63) /* proc_pid_pagemap(5) */
#define PAGE_SWAPPED (1ull << 62)

void proc_memory_there(pid_t view, uint64_t at, size_t count, bool ret[])
{
	uint64_t pages[PAGES_MAX];
	size_t size = count * sizeof(pages[0]);
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/pagemap", view);
	CLEANUP(cleanup_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool known = fd >= 0 && size <= sizeof(pages) &&
		     pread(fd, pages, size, (off_t)(at / 4096 * sizeof(pages[0]))) ==
			     (ssize_t)size;

	for (size_t i = 0; i < count; i++)
		ret[i] = !known || pages[i] & (PAGE_PRESENT | PAGE_SWAPPED);
}

bool proc_memory_force(pid_t view, uint64_t at, const void *bytes, size_t size)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/mem", view);
	CLEANUP(cleanup_close) int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd >= 0 && pwrite(fd, bytes, size, (off_t)at) == (ssize_t)size;
}

static bool is_writable(pid_t view, uint64_t start, uint64_t end)
{
	CLEANUP(cleanup_free) char *maps = proc_maps_read(view);
	char *cursor = maps;
	struct proc_map map;

	while (maps && start < end && proc_maps_next(&cursor, &map))
		if (map.writable && map.start <= start && start < map.end)
			start = map.end;
	return start >= end;
}

bool proc_waits_read(const void *view, uint64_t at, void *ret, size_t size)
{
	return proc_memory_read(*(const pid_t *)view, at, ret, size);
}

bool proc_memory_write(pid_t view, uint64_t at, const void *bytes, size_t size)
{
	struct iovec local = {(void *)(uintptr_t)bytes, size};
	struct iovec remote = {(void *)(uintptr_t)at, size};
	ssize_t n = process_vm_writev(view, &local, 1, &remote, 1, 0);

	if (n >= 0)
		return n == (ssize_t)size;
	return (errno == ENOSYS || errno == EPERM) &&
	       is_writable(view, at, at + size) &&
	       proc_memory_force(view, at, bytes, size);
}

static size_t note_build_id(const uint8_t *note, size_t size, uint8_t *ret,
			    size_t room)
{
	while (size >= sizeof(Elf64_Nhdr)) {
		Elf64_Nhdr n;
		uint64_t name, desc;

		memcpy(&n, note, sizeof(n));
		name = ((uint64_t)n.n_namesz + 3) & ~3ull;
		desc = ((uint64_t)n.n_descsz + 3) & ~3ull;
		if (name + desc > size - sizeof(n))
			return 0;
		if (n.n_type == NT_GNU_BUILD_ID && n.n_namesz == 4 &&
		    memcmp(note + sizeof(n), "GNU", 4) == 0 &&
		    n.n_descsz <= room) {
			memcpy(ret, note + sizeof(n) + name, n.n_descsz);
			return n.n_descsz;
		}
		note += sizeof(n) + name + desc;
		size -= sizeof(n) + name + desc;
	}
	return 0;
}

#define HEADERS 32

/* The program headers of the object that begins at `at`; 0: there is none. */
static size_t headers_read(pid_t view, uint64_t at, Elf64_Phdr p[HEADERS],
			   uint64_t *ret_bias)
{
	Elf64_Ehdr e;
	size_t count;

	*ret_bias = at;
	if (!proc_memory_read(view, at, &e, sizeof(e)) ||
	    memcmp(e.e_ident, ELFMAG, SELFMAG) != 0 ||
	    e.e_ident[EI_CLASS] != ELFCLASS64 || e.e_phentsize != sizeof(p[0]))
		return 0;
	count = e.e_phnum < HEADERS ? e.e_phnum : HEADERS;
	if (!proc_memory_read(view, at + e.e_phoff, p, count * sizeof(p[0])))
		return 0;
	/* The address of the first segment that holds the ELF header. */
	for (size_t i = 0; i < count; i++) {
		if (p[i].p_type == PT_LOAD) {
			*ret_bias = at - (p[i].p_vaddr - p[i].p_offset);
			break;
		}
	}
	return count;
}

static uint64_t first_code(const Elf64_Phdr *p, size_t count, uint64_t bias)
{
	for (size_t i = 0; i < count; i++)
		if (p[i].p_type == PT_LOAD && p[i].p_flags & PF_X)
			return bias + p[i].p_vaddr;
	return 0;
}

size_t proc_build_id(pid_t view, uint64_t at, uint8_t *ret, size_t room,
		     uint64_t *ret_code)
{
	Elf64_Phdr p[HEADERS];
	uint8_t note[1024];
	uint64_t bias;
	size_t size, count = headers_read(view, at, p, &bias);

	*ret_code = first_code(p, count, bias);
	for (size_t i = 0; i < count; i++) {
		if (p[i].p_type != PT_NOTE)
			continue;
		size = p[i].p_filesz < sizeof(note) ? p[i].p_filesz
						    : sizeof(note);
		if (!proc_memory_read(view, bias + p[i].p_vaddr, note, size))
			continue;
		size = note_build_id(note, size, ret, room);
		if (size)
			return size;
	}
	return 0;
}

/*
 * proc.h - what /proc says of a process.
 *
 * Included by: injector/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 *
 * "view" is the thread through which a process is looked at: its first thread
 * as a rule, another one where the first has ended by pthread_exit(3), since
 * /proc/PID/maps, root and exe of such a process are empty.
 */
#ifndef OPUS_PROC_H
#define OPUS_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The lines of /proc/PID/status that matter here. */
struct proc_status {
	char name[64];
	char state;        /* R S D T t Z X ... */
	pid_t tgid;
	pid_t inner_pid;   /* as the process sees itself (last of NStgid) */
	unsigned int levels; /* of pid namespaces, from that of /proc down; 0: unknown */
	pid_t inner_tid;   /* the same of the thread */
	pid_t parent;
	pid_t tracer;
	uid_t euid;
	gid_t egid;
	unsigned int threads;
	uint64_t blocked;  /* bit N-1 is signal N */
	uint64_t pending;  /* for this thread alone */
	uint64_t shared;   /* pending for the process */
	uint64_t caught;
	int seccomp;       /* 0 none, 1 strict, 2 filter */
	int filters;       /* how many; 0 if the kernel does not say (before 5.9) */
	bool memory;       /* has an address space: neither zombie nor kernel thread */
	bool dumping;      /* writes a core file: it is as good as dead */
};

/* One line of /proc/PID/maps. `path` points into the line. */
struct proc_map {
	uint64_t start, end, offset;
	uint64_t device, inode;
	bool readable, writable, executable, is_private;
	const char *path; /* "" if anonymous */
};

/* Read a whole file of /proc into fresh memory that ends in NUL; NULL and
 * errno on failure. The caller frees it. */
char *proc_file_read(const char *path, size_t *ret_size);

/* A word of the auxiliary vector, which the kernel gave to the process's real
 * program, not to one that this runs itself; 0: not in it. False: it cannot be
 * read (errno). getauxval(3) has the types. */
bool proc_auxv(pid_t view, uint64_t type, uint64_t *ret);

/* Is its program a 32-bit one, by the auxiliary vector? The program's file, which would
 * tell, may lie where nobody answers. */
bool proc_is_32bit(pid_t view);

/* The text of a status file. False if a line that has to be there is not. */
bool proc_status_parse(const char *text, struct proc_status *ret);
/* Of thread `tid` of process `pid`. False with errno. */
bool proc_status_read(pid_t pid, pid_t tid, struct proc_status *ret);

/* The text of /proc/TID/maps; the caller frees it. NULL with errno. */
char *proc_maps_read(pid_t view);
/* The same for a process whose first thread may have ended; `*ret_view` is the
 * thread whose file it is. */
char *proc_maps_read_any(pid_t pid, pid_t *ret_view);
/* Take the next line from `*cursor`; the text is cut into lines on the way.
 * False at the end. Lines that cannot be understood are left out. */
bool proc_maps_next(char **cursor, struct proc_map *ret);

/* Open a file to read by a path that another process has named, and may have made a link
 * to anything: also to a device, which may act on being opened. -1 with errno if it is
 * no regular file. */
int proc_regular_open(const char *path);

/* Last component of a path. */
const char *proc_basename(const char *path);

/* The threads of a process, in the kernel's order. The caller frees `*ret`.
 * Negative with errno on failure. */
ssize_t proc_threads(pid_t pid, pid_t **ret);

/* All processes, in order. The caller frees `*ret`. */
ssize_t proc_processes(pid_t **ret);

/* Processor time of a thread, in ns, proc_schedstat(5); 0: not counted. */
uint64_t proc_run_time(pid_t pid, pid_t tid);

/*
 * The system call in which a thread sleeps: its number, -1 if it sleeps
 * elsewhere in the kernel, or one of these.
 */
#define PROC_RUNNING (-2)   /* it runs */
#define PROC_UNKNOWN (-3)   /* the kernel does not say: rights, or it has ended */
#define PROC_CONDITION (-4) /* futex(2) with FUTEX_WAIT_BITSET */
long proc_syscall(pid_t pid, pid_t tid);
/* The same from the text of the file. */
long proc_syscall_parse(const char *text);

/* All that proc_pid_syscall(5) says of a thread that sleeps in a system call: its
 * number; six arguments, stack pointer, program counter. False: it does not. */
#define PROC_SYSCALL_WORDS 8
bool proc_syscall_words(pid_t pid, pid_t tid, long *ret_number,
			unsigned long ret[PROC_SYSCALL_WORDS]);

/* Read another process' memory: process_vm_readv(2), else /proc/PID/mem.
 * True if all of it was read; else errno. */
bool proc_memory_read(pid_t view, uint64_t at, void *ret, size_t size);

/* Which of `count` pages from `at` on are in memory or in swap space, so that to read
 * them asks no file system? All of them where the kernel does not say. */
void proc_memory_there(pid_t view, uint64_t at, size_t count, bool ret[]);

/* proc_memory_read(), for common/waits.h: `view` points to a pid_t. */
bool proc_waits_read(const void *view, uint64_t at, void *ret, size_t size);

/* Write it, where the process could. True if all of it was written. */
bool proc_memory_write(pid_t view, uint64_t at, const void *bytes, size_t size);
/* The same by /proc/PID/mem, which writes to any private mapping of a process
 * that we trace: code, shadow stacks, and guard pages of stacks. */
bool proc_memory_force(pid_t view, uint64_t at, const void *bytes, size_t size);

/*
 * GNU build-id of the ELF object that is mapped at `at`, from the memory of
 * the process, so that it is right for files that were replaced or deleted.
 * Returns its length, 0 if there is none, or the process is gone. `ret_code` gets
 * the address of the first code by its program headers, read at the same time; 0:
 * it has none.
 */
size_t proc_build_id(pid_t view, uint64_t at, uint8_t *ret, size_t room,
		     uint64_t *ret_code);

#endif

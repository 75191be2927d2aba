/*
 * proc.h - the process's own folder of /proc, also where there is no /proc.
 *
 * Included by: stop.c, altstack.c, object.c, text.c, patch.c, why.c, serve.c,
 *              control.c.
 * Runs on:     agent thread; agent_forked() calls proc_forget().
 * Locks:       none; raw system calls.
 * Signal:      proc_open(), proc_open_tasks() and proc_tasks_*() may run while
 *              threads are stopped, the rest may not.
 */
#ifndef OPUS_AGENT_PROC_H
#define OPUS_AGENT_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/error.h"

/* Is there a folder that shows this process, by its own process ids? */
bool proc_usable(void);

/*
 * Use the folder behind `fd`, which opus-send has opened from outside; takes
 * the descriptor over, also on error. OPUS_RESOURCE if it is not the folder of
 * this process in a procfs of its own pid namespace.
 */
enum opus_code proc_take(int fd, struct opus_error *err) MUST_CHECK;

/* Open a file that each thread has ("maps", "mem"), by the calling thread's
 * folder: that of the process is empty once its first thread has ended. A
 * descriptor, or -errno. */
int proc_open(const char *name, int flags);
/* Open the folder with an entry per thread. A descriptor, or -errno. */
int proc_open_tasks(void);
/* A pass over that folder. opendir(3) would allocate. */
struct proc_tasks {
	int dir;
	long at, size; /* in the buffer */
	char buffer[8192] __attribute__((aligned(8)));
};
void proc_tasks_begin(struct proc_tasks *ret, int dir);
/* Its next thread; 0: that was the last one. */
uint32_t proc_tasks_next(struct proc_tasks *tasks);
/* Read the first `size` - 1 bytes of a file of another thread of the process, or of
 * one by its path from a folder; `ret` ends in NUL. How many they are, or -errno. */
ssize_t proc_read_of(unsigned int tid, const char *name, char *ret, size_t size);
/* Processor time that a thread of the process has had, in ns, proc_schedstat(5); 0 if
 * it cannot be read. */
uint64_t proc_run_time(unsigned int tid);
ssize_t proc_read_at(int dir, const char *path, char *ret, size_t size);

/*
 * The calling thread's folder as a path that this thread may open until
 * proc_leave(): absolute, or relative to the folder that was taken.
 * OPUS_RESOURCE if there is none.
 */
enum opus_code proc_enter(char *ret, size_t size, struct opus_error *err) MUST_CHECK;
void proc_leave(void);

/* Close what was taken; look again next time. */
void proc_forget(void);

#endif

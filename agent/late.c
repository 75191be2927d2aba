/*
 * late.c - list the calls of syscall() that were made before the agent came.
 *
 * Called by:  agent.c, when the table entries of the host lead to the agent's
 *             syscall(); update.c, before each stop.
 * Runs on:    constructor, agent thread.
 * Locks:      none.
 * Signal:     safe: raw system calls only, but never called in a handler.
 *
 * /proc/PID/task/TID/syscall has number, arguments, stack pointer and program
 * counter of a thread that sleeps in a call (proc(5)).
 */
#include "late.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent.h"
#include "common/joined.h"
#include "contact.h"
#include "proc.h"

#define CODE 64 /* bytes of syscall() to look at; it has fewer */

/* Written by opus-inject. */
struct joined late_joined = {.magic = JOINED_MAGIC};

enum word { NUMBER, FIRST, SECOND, SP = 7, IP, WORDS };

/* What a thread sleeps in: how many words are there. Less than all: it runs, or may
 * not be looked at; -ENOENT: it has ended. */
static int words_read(uint32_t tid, uint64_t ret[WORDS])
{
	int fd = proc_open_of(tid, "syscall"), n = 0;
	char text[256], *at = text, *end;
	ssize_t size;

	if (fd < 0)
		return fd;
	size = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[size > 0 ? size : 0] = '\0';
	for (; n < WORDS; n++, at = end) {
		ret[n] = strtoull(at, &end, 0);
		if (end == at)
			break;
	}
	return n;
}

static bool is_inside_agent(uintptr_t address)
{
	extern const char __ehdr_start[], etext[];

	return address - (uintptr_t)__ehdr_start <
	       (uintptr_t)etext - (uintptr_t)__ehdr_start;
}

/* Is it in the call still? One that cannot be told is kept: it has just been
 * stopped, is about to go back, or waits in one of our handlers. */
static bool is_in(const struct late_call *c)
{
	uint64_t now[WORDS];
	int n = words_read(c->tid, now);

	if (n != WORDS || is_inside_agent(now[IP]))
		return n != -ENOENT;
	return now[IP] == atomic_load(&late_return) && now[SP] == c->sp &&
	       (now[NUMBER] == (uint64_t)c->number ||
		now[NUMBER] == SYS_restart_syscall);
}

static void calls_check(void)
{
	for (uint32_t i = 0; i < late_count; i++)
		if (late_calls[i].sp && !is_in(&late_calls[i]))
			atomic_store(&late_calls[i].sp, 0);
}

/* -1: somebody else has traced it. */
static int32_t number_before_stop(uint64_t sp)
{
	for (int i = 0; i < JOINED_CALLS; i++)
		if (late_joined.call[i].sp == sp)
			return (int32_t)late_joined.call[i].number;
	return -1;
}

static void call_add(uint32_t tid)
{
	struct late_call *c = &late_calls[late_count];
	uint64_t now[WORDS];

	if (words_read(tid, now) != WORDS || now[IP] != atomic_load(&late_return))
		return;
	c->tid = tid;
	c->number = now[NUMBER] == SYS_restart_syscall
			    ? number_before_stop(now[SP]) : (int32_t)now[NUMBER];
	if (c->number < 0)
		return;
	c->first = now[FIRST];
	c->second = now[SECOND];
	atomic_store(&c->sp, now[SP]);
	atomic_fetch_add(&late_count, 1);
}

void late_look(void)
{
	static const uint8_t call[] = {0x0f, 0x05};
	static bool listed;
	const uint8_t *at;
	struct proc_tasks tasks;
	uint32_t tid;

	if (listed) {
		calls_check();
		return;
	}
	late_threads = libc_function("__nptl_nthreads"); /* for debuggers */
	at = contact_syscall ? memmem((const void *)contact_syscall, CODE, call,
				      sizeof(call)) : NULL;
	tasks.dir = at ? proc_open_tasks() : -ENOENT;
	if (tasks.dir < 0)
		return;
	atomic_store(&late_return, (uintptr_t)at + sizeof(call));
	proc_tasks_begin(&tasks, tasks.dir);
	while (late_count < LATE_CALLS && (tid = proc_tasks_next(&tasks)) != 0)
		call_add(tid);
	close(tasks.dir);
	listed = true;
}

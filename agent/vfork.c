/*
 * vfork.c - find a thread's vforked child, and where both of them stand.
 *
 * Called by:  stop.c, update.c.
 * Runs on:    agent thread.
 * Locks:      none; raw system calls.
 * Signal:     safe while threads are stopped.
 *
 * proc_pid_syscall(5) gives stack pointer and program counter of a thread that
 * sleeps. The child is the last in the parent's list: while it waits, it makes
 * no other. Orphans that the process has been given come behind it, so what is
 * written here must be read there, too: that is one memory.
 */
#include "vfork.h"

#include <errno.h>
#include <linux/sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "arch/x86_64/raw.h"
#include "proc.h"
#include "scan.h"

#define HELD_MAX 16

static struct held {
	ucontext_t parent; /* first: see vfork_child() */
	ucontext_t child;
} held[HELD_MAX];
static uint32_t held_count;

static volatile uint64_t seen;

void vfork_begin(void)
{
	held_count = 0;
}

/* A file of /proc, by its path from the folder of all threads. */
static bool text_read(int tasks, const char *path, char *ret, size_t size)
{
	return proc_read_at(tasks, path, ret, size) > 0;
}

/* "NUMBER 0xARG ... 0xSP 0xPC", or "-1 0xSP 0xPC" where a program has been
 * stopped outside of system calls. Returns NUMBER; -2: it runs. */
static long place_parse(const char *text, ucontext_t *ret)
{
	char *end;
	long number = strtol(text, &end, 10);
	const char *pc = strrchr(text, ' '), *sp = pc;

	if (end == text || !pc)
		return -2;
	while (sp > text && *--sp != ' ')
		;
	ret->uc_mcontext.gregs[REG_RIP] = (greg_t)strtoul(pc + 1, NULL, 16);
	ret->uc_mcontext.gregs[REG_RSP] = (greg_t)strtoul(sp + 1, NULL, 16);
	return number;
}

/* The stack that clone(2) was given for the child; 0: it goes on on its parent's.
 * clone3(2) has it in a structure, which may be gone when the parent has woken up. */
static uintptr_t stack_given(const char *text, long number)
{
	struct clone_args args = {0};
	char *end;
	uintptr_t first, second;

	(void)strtol(text, &end, 10);
	first = strtoul(end, &end, 16);
	second = strtoul(end, &end, 16);
	if (number == SYS_clone3)
		(void)!scan_memory(first, &args, offsetof(struct clone_args, stack_size));
	return number == SYS_clone ? second : args.stack;
}

static bool same_memory(uint32_t child)
{
	uint64_t there = 0;
	struct iovec to = {&there, sizeof(there)};
	struct iovec from = {(void *)&seen, sizeof(seen)};

	seen++;
	return raw_syscall6(SYS_process_vm_readv, child, (long)&to, 1,
			    (long)&from, 1, 0) == sizeof(there) && there == seen;
}

static uint32_t child_find(int tasks, uint32_t tid)
{
	char path[48], text[2048], *last;
	size_t size;

	snprintf(path, sizeof(path), "%u/children", tid);
	if (!text_read(tasks, path, text, sizeof(text)))
		return 0;
	size = strlen(text);
	if (size + 1 == sizeof(text)) /* that was not all */
		return 0;
	while (size > 0 && text[size - 1] == ' ')
		text[--size] = '\0';
	last = strrchr(text, ' ');
	return (uint32_t)strtoul(last ? last + 1 : text, NULL, 10);
}

static bool child_held(int tasks, uint32_t child, ucontext_t *ret)
{
	char path[48], text[512];
	const char *end;

	snprintf(path, sizeof(path), "../../%u/stat", child);
	if (!text_read(tasks, path, text, sizeof(text)))
		return false;
	end = strrchr(text, ')');
	if (!end || strncmp(end, ") t", 3) != 0 || !same_memory(child))
		return false;
	snprintf(path, sizeof(path), "../../%u/syscall", child);
	return text_read(tasks, path, text, sizeof(text)) &&
	       place_parse(text, ret) != -2;
}

enum vfork_state vfork_look(int tasks, uint32_t tid, ucontext_t **ret)
{
	struct held *h = &held[held_count];
	char path[48], text[256];
	uint32_t child;
	long number;

	if (held_count == HELD_MAX)
		return VFORK_NOT;
	memset(h, 0, sizeof(*h));
	snprintf(path, sizeof(path), "%u/syscall", tid);
	if (!text_read(tasks, path, text, sizeof(text)))
		return VFORK_NOT;
	number = place_parse(text, &h->parent);
	if (number != SYS_vfork && number != SYS_clone && number != SYS_clone3)
		return VFORK_NOT;
	h->parent.uc_mcontext.gregs[REG_RAX] = number;
	h->parent.uc_mcontext.gregs[REG_RSI] = (greg_t)stack_given(text, number);
	child = child_find(tasks, tid);
	if (child == 0)
		return VFORK_NOT;
	if (!child_held(tasks, child, &h->child))
		return VFORK_FREE;
	*ret = &h->parent;
	held_count++;
	return VFORK_HELD;
}

ucontext_t *vfork_child(const struct stop_thread *t)
{
	return &((struct held *)(void *)t->context)->child;
}

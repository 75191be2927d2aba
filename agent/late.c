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
#include "altstack.h"
#include "common/joined.h"
#include "common/waits.h"
#include "contact.h"
#include "descriptor.h"
#include "proc.h"

/* Written by opus-inject; see layout.ld for the section. */
__attribute__((section(".opus.joined")))
struct joined late_joined = {.magic = JOINED_MAGIC};

enum word { NUMBER, FIRST, SECOND, SP = 7, IP, WORDS };

/* What a thread sleeps in: how many words are there. Less than all: it runs, or may
 * not be looked at; -ENOENT: it has ended. */
static int words_read(uint32_t tid, uint64_t ret[WORDS])
{
	char text[256], *at = text, *end;
	int n = 0;

	if (proc_read_of(tid, "syscall", text, sizeof(text)) == -ENOENT)
		return -ENOENT;
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
		if (late_calls[i].sp && late_calls[i].tid && !is_in(&late_calls[i]))
			atomic_store(&late_calls[i].sp, 0);
}

static void call_add(uint32_t tid, int32_t number, uint64_t first, uint64_t second,
		     uint64_t sp)
{
	struct late_call *c = &late_calls[late_count];

	if (late_count == LATE_CALLS)
		return;
	c->tid = tid;
	c->number = number;
	c->first = first;
	c->second = second;
	atomic_store(&c->sp, sp);
	atomic_fetch_add(&late_count, 1);
}

/* What opus-inject has seen: whom it has stopped may still be on its way back. */
static void calls_add_joined(void)
{
	const struct joined_call *c = late_joined.call;

	for (int i = 0; i < JOINED_CALLS && c->sp; i++, c++)
		if (c->ip == atomic_load(&late_return))
			call_add(0, (int32_t)c->number, c->first, c->second, c->sp);
}

static struct late_call *call_find(uint64_t sp)
{
	for (uint32_t i = 0; i < late_count; i++)
		if (late_calls[i].sp == sp)
			return &late_calls[i];
	return NULL;
}

static void call_look(uint32_t tid)
{
	uint64_t now[WORDS];
	struct late_call *known;

	if (words_read(tid, now) != WORDS || now[IP] != atomic_load(&late_return))
		return;
	known = call_find(now[SP]);
	if (known)
		known->tid = tid;
	else if (now[NUMBER] != SYS_restart_syscall) /* somebody else has traced it */
		call_add(tid, (int32_t)now[NUMBER], now[FIRST], now[SECOND], now[SP]);
}

void late_begin(void)
{
	static const uint8_t call[] = {0x0f, 0x05};
	const uint8_t *at = contact_syscall
				    ? memmem((const void *)contact_syscall, WAITS_SYSCALL, call,
					     sizeof(call)) : NULL;

	if (late_joined.altstack_size &&
	    altstack_is_small_sig(late_joined.altstack_size))
		altstack_avoid();
	if (!at)
		return;
	atomic_store(&late_return, (uintptr_t)at + sizeof(call));
	calls_add_joined();
}

void late_look(void)
{
	static bool listed;
	struct descriptor list = {.fd = -1};
	struct proc_tasks tasks;
	uint32_t tid;

	if (late_return && !listed)
		descriptor_keep(&list, proc_open_tasks());
	if (list.fd >= 0) {
		proc_tasks_begin(&tasks, list.fd);
		while ((tid = proc_tasks_next(&tasks)) != 0)
			call_look(tid);
		descriptor_close(&list);
		listed = true;
	}
	calls_check();
}

/*
 * waits.c - how a libc makes the system calls in which threads wait.
 *
 * Called by:  agent/agent.c, injector/fit.c.
 * Runs on:    any thread.
 * Locks:      none.
 * Signal:     safe: computes.
 *
 * No symbol tells where __syscall_cancel() and what it calls are; so they are
 * followed from poll(), along calls in code of a form that is compared strictly:
 * what looks otherwise is not known. Seen: Debian's 2.41-12 and 2.43-7.
 */
#include "waits.h"

#include <string.h>
#include <sys/syscall.h>

#include "start.h"

#define CODE 176 /* bytes of a function to look at, at most */
#define CALL 5	 /* bytes of `call rel32` */

static const uint8_t insn_syscall[] = {0x0f, 0x05};

AT_START static const uint8_t *find(const uint8_t *from, const uint8_t *end,
			   const uint8_t *bytes, size_t count)
{
	return from < end ? memmem(from, (size_t)(end - from), bytes, count) : NULL;
}

/* Code of one function, and where it is in the process. */
struct code {
	uint64_t at;
	uint8_t bytes[CODE];
};

static uint64_t address(const struct code *c, const uint8_t *p)
{
	return c->at + (uint64_t)(p - c->bytes);
}

/* Where the `call` at `p` goes. */
static uint64_t call_target(const struct code *c, const uint8_t *p)
{
	int32_t distance;

	memcpy(&distance, p + 1, sizeof(distance));
	return address(c, p) + CALL + (uint64_t)(int64_t)distance;
}

/* mov $7, %eax; ... syscall */
AT_START static bool is_own(const struct code *poll)
{
	static const uint8_t load[] = {0xb8, SYS_poll, 0, 0, 0};
	const uint8_t *at = find(poll->bytes, poll->bytes + 128, load, sizeof(load));

	return at && find(at, at + 48, insn_syscall, sizeof(insn_syscall));
}

/* push $7; ... call __syscall_cancel */
static uint64_t cancel_function(const struct code *poll)
{
	static const uint8_t push[] = {0x6a, SYS_poll};
	const uint8_t *at = find(poll->bytes, poll->bytes + 64, push, sizeof(push));

	for (const uint8_t *p = at ? at + 2 : NULL; p && p < at + 12; p++)
		if (*p == 0xe8)
			return call_target(poll, p);
	return 0;
}

/* push 0x18(%rsp); call __internal_syscall_cancel. */
static uint64_t inner_function(const struct code *outer)
{
	static const uint8_t push[] = {0xff, 0x74, 0x24};
	const uint8_t *at = find(outer->bytes, outer->bytes + 48, push, sizeof(push));

	return at && at[4] == 0xe8 ? call_target(outer, at + 4) : 0;
}

static const uint8_t load_plain[] = {0x48, 0x8b, 0x44, 0x24};
static const uint8_t load_cancel[] = {0x48, 0x8b, 0x74, 0x24};

/* mov PLACE(%rsp), %rax; syscall */
static bool plain_find(const struct code *inner, struct waits *ret)
{
	const uint8_t *end = inner->bytes + CODE - 8, *at = inner->bytes;

	while ((at = find(at, end, load_plain, sizeof(load_plain))) != NULL) {
		if (memcmp(at + 5, insn_syscall, sizeof(insn_syscall)) == 0) {
			ret->plain = address(inner, at + 7);
			ret->plain_at = at[4];
			return true;
		}
		at++;
	}
	return false;
}

/* mov %rsi, %rax; ... syscall; ret: __syscall_cancel_arch(). */
static bool arch_find(const struct code *arch, struct waits *ret)
{
	static const uint8_t number[] = {0x48, 0x89, 0xf0};
	static const uint8_t call[] = {0x0f, 0x05, 0xc3};
	const uint8_t *at = find(arch->bytes, arch->bytes + 32, number, sizeof(number));

	at = at ? find(at, at + 48, call, sizeof(call)) : NULL;
	if (at)
		ret->cancel = address(arch, at + 2);
	return at != NULL;
}

/* mov %reg, %reg, but not into %rsp. */
static bool is_move(const uint8_t *p)
{
	return (p[0] & 0xf8) == 0x48 && p[1] == 0x89 && p[2] >= 0xc0 &&
	       ((p[0] & 1) || (p[2] & 7) != 4);
}

/* mov PLACE(%rsp), %rsi; other registers; call __syscall_cancel_arch: nothing
 * may move the stack pointer meanwhile. */
static const uint8_t *arch_call(const uint8_t *at, const uint8_t *end)
{
	const uint8_t *p = at + 5;

	while (p < end && is_move(p))
		p += 3;
	return p < end && *p == 0xe8 ? p : NULL;
}

static bool cancel_find(const struct code *inner, waits_read *read,
			const void *state, struct waits *ret)
{
	const uint8_t *end = inner->bytes + CODE - 32, *at = inner->bytes, *call;
	struct code arch;

	for (; (at = find(at, end, load_cancel, sizeof(load_cancel))) != NULL; at++) {
		call = arch_call(at, end + 24);
		if (!call)
			continue;
		arch.at = call_target(inner, call);
		if (!read(state, arch.at, arch.bytes, 96) || !arch_find(&arch, ret))
			continue;
		ret->caller = address(inner, call + CALL);
		/* The call has pushed where it returns to. */
		ret->cancel_at = (uint8_t)(at[4] + 8);
		return true;
	}
	return false;
}

AT_START bool waits_find(uint64_t poll, waits_read *read, const void *state,
		struct waits *ret)
{
	struct code code = {.at = poll};

	memset(ret, 0, sizeof(*ret));
	if (!read(state, code.at, code.bytes, CODE))
		return false;
	if (is_own(&code))
		return true;
	code.at = cancel_function(&code);
	if (!code.at || !read(state, code.at, code.bytes, 64))
		return false;
	code.at = inner_function(&code);
	if (code.at && read(state, code.at, code.bytes, CODE) &&
	    plain_find(&code, ret) && cancel_find(&code, read, state, ret))
		return true;
	memset(ret, 0, sizeof(*ret));
	return false;
}

/* In front of the call that returns to `caller`: the place of the number, above
 * the stack pointer after the call; -1: not in that form. */
static int cancel_place(uint64_t caller, waits_read *read, const void *state)
{
	uint8_t code[48];
	const uint8_t *call = code + sizeof(code) - CALL, *p = call;

	if (!read(state, caller - sizeof(code), code, sizeof(code)) || *call != 0xe8)
		return -1;
	while (p - 3 > code + 5 && is_move(p - 3))
		p -= 3;
	return memcmp(p - 5, load_cancel, sizeof(load_cancel)) == 0 ? p[-1] + 8 : -1;
}

long waits_number(uint64_t at, uint64_t sp, waits_read *read, const void *state)
{
	/* mov %r11, 8(%rsp): the last of __syscall_cancel_arch() before it */
	static const uint8_t before[] = {0x4c, 0x89, 0x5c, 0x24, 0x08};
	uint8_t code[5];
	uint64_t caller, number;
	int place = -1;

	if (!read(state, at - sizeof(code), code, sizeof(code)))
		return -1;
	if (memcmp(code, load_plain, sizeof(load_plain)) == 0)
		place = code[4];
	else if (memcmp(code, before, sizeof(before)) == 0 &&
		 read(state, sp, &caller, sizeof(caller)))
		place = cancel_place(caller, read, state);
	return place >= 0 && read(state, sp + (uint64_t)place, &number, sizeof(number)) &&
			       number < 1024 ? (long)number : -1;
}

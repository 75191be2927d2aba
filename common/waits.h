/*
 * waits.h - can it be seen which system call a thread of this libc waits in?
 *
 * Included by: agent/agent.c, injector/inject.c.
 * Runs on:     any thread.
 * Locks:       none.
 * Signal:      safe: computes.
 *
 * A stop is hidden from a wait by making the system call anew, and its number is
 * in the instruction before it, in each wrapper of libc (agent/restart_sig.c).
 * glibc 2.41 makes all waits by one `syscall`, with the number in a register
 * that the result overwrites: there poll(2) would return EINTR.
 */
#ifndef OPUS_WAITS_H
#define OPUS_WAITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define WAITS_CODE 256 /* bytes of poll() to look at */
#define WAITS_UNKNOWN                                                          \
	"its libc is glibc 2.41 or later, which does not show what a thread "  \
	"waits for: a stop would make calls fail with EINTR"

static inline bool waits_shown(const uint8_t *code)
{
	static const uint8_t load[] = {0xb8, 7, 0, 0, 0}; /* mov $7, %eax */
	static const uint8_t call[] = {0x0f, 0x05};       /* syscall */
	const uint8_t *at = memmem(code, WAITS_CODE / 2, load, sizeof(load));

	return at && memmem(at, 48, call, sizeof(call));
}

#endif

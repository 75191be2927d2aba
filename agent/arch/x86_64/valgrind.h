/*
 * valgrind.h - tell valgrind, or ask it, what it cannot see for itself.
 *
 * Included by: text.c, contact_sig.c.
 * Runs on:     any thread.
 * Locks:       none.
 * Signal:      safe: no call, and nothing at all on a processor.
 *
 * Source: valgrind.h, "client requests": these rotations and the exchange leave
 * every register as it was.
 */
#ifndef OPUS_VALGRIND_H
#define OPUS_VALGRIND_H

#include <stdint.h>

#define VALGRIND_RUNNING 0x1001u /* how many valgrinds are we in? */
#define VALGRIND_DISCARD 0x1002u /* forget translations: address, size */

/* The answer, or 0 on a processor. */
static inline uint64_t valgrind_request(uint64_t number, uint64_t a, uint64_t b)
{
	volatile uint64_t request[6] = {number, a, b, 0, 0, 0};
	uint64_t result = 0;

	__asm__ volatile("rolq $3, %%rdi; rolq $13, %%rdi\n\t"
			 "rolq $61, %%rdi; rolq $51, %%rdi\n\t"
			 "xchgq %%rbx, %%rbx"
			 : "+d"(result)
			 : "a"(&request[0])
			 : "cc", "memory");
	return result;
}

#endif

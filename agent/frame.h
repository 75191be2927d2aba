/*
 * frame.h - what unwind information says of the function at an address.
 *
 * Included by: personality.c.
 * Runs on:     any thread of the host, while an exception unwinds it.
 * Locks:       the loader's.
 * Signal:      unsafe: loader.
 */
#ifndef OPUS_FRAME_H
#define OPUS_FRAME_H

#include <stdbool.h>
#include <stdint.h>

struct frame_info {
	uintptr_t start;       /* of the function, or of its .cold part */
	uintptr_t personality; /* 0: none */
	uintptr_t lsda;        /* language specific data; 0: none */
};

/* The unwind information that covers `address`, in the form that every linker
 * writes (LSB 5.0, "DWARF Extensions"). False: there is none, or it is of
 * another form. */
bool frame_find(uintptr_t address, struct frame_info *ret);

#endif

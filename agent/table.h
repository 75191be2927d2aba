/*
 * table.h - the near area: indirection slots and old-entry trampolines.
 *
 * Included by: update.c, patch.c, unwind.c.
 * Runs on:     agent thread; not while threads are stopped, but for
 *              table_original() and table_moved().
 * Locks:       none of its own (mmap, memfd_create).
 * Signal:      unsafe: allocates.
 *
 *   module text                  near area, within 2 GiB of it
 *   E: jmp *slot(%rip) ───────▶  slots  rw-   [ptr][ptr][ptr] ...
 *                                code   r-x   [moved prologue; jmp E+n] ...
 *
 * The slots are ordinary data, made read-only between updates. The code is
 * written into a memfd and mapped privately: it is never writable where it can
 * be executed, and a forked child has its own.
 */
#ifndef OPUS_TABLE_H
#define OPUS_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "common/plan.h"
#include "gate.h"

#define TABLE_STRIDE 64 /* bytes of one trampoline */
/* At the end of a trampoline's place: the jump that a short one leads to. */
#define TABLE_RELAY (TABLE_STRIDE - PLAN_JUMP_SIZE)
/* What fits before it, besides the jump back to the old function. */
#define TABLE_MOVED_MAX (TABLE_RELAY - 5)
#define TABLE_ORIG_MAX 64

/* One redirected function, the control thread's side of gate_sites[]. */
struct table_site {
	uintptr_t base;              /* load base of its object */
	uintptr_t entry;             /* its address */
	const struct plan *plan;     /* of the patch that came first; it stays */
	const struct plan_func *func;
	uintptr_t trampoline;        /* enters the original code */
	bool jumping;                /* the jump is written at the entry */
	uint8_t original[TABLE_ORIG_MAX];
};

extern struct table_site table_sites[GATE_SITES];
extern uint32_t table_site_count;

/* Index of the site whose entry is this address, or -1. */
int table_find(uintptr_t entry);

/*
 * Make `count` new sites for functions of one object, described by
 * funcs[0..count) of `plan`, and write their indices to ret[]. Slots point to
 * the trampolines; no code of the object is touched.
 * Errors: OPUS_RESOURCE (no free memory within 2 GiB, too many sites),
 * OPUS_INVALID (a displacement does not fit); then no site was made.
 */
enum opus_code table_add(const struct plan *plan,
			 const struct plan_func *const *funcs, uint32_t count,
			 uintptr_t base, uint32_t *ret, struct opus_error *err)
	MUST_CHECK;

/* The jump that is to be written at site's entry + jump_at, and its size:
 * PLAN_JUMP_SIZE, or PLAN_JUMP_SHORT where no more is displaced. */
uint32_t table_jump(uint32_t site, uint8_t ret[PLAN_JUMP_SIZE]);
uint32_t table_jump_size(uint32_t site);

/* Address in the original code for an address inside a trampoline; other
 * addresses are returned as they are. While threads are stopped, too. */
uintptr_t table_original(uintptr_t address);
/* Bounds of the memory that holds trampolines, piece by piece: false if there is
 * no piece of this number. While threads are stopped, too. */
bool table_bounds(uint32_t i, uintptr_t *start, uintptr_t *end);
/* Is the address inside a trampoline, but not at the copy of an instruction:
 * where one instruction became several (a displaced call)? What the original's
 * unwind information says does not hold there. While stopped, too. */
bool table_between(uintptr_t address);
/* Address in the trampoline for one inside the displaced bytes, behind their
 * start, of this site; 0 if it is not the start of an instruction. */
uintptr_t table_moved(uint32_t site, uintptr_t address);
/* Is the address behind the start of the bytes that the jump displaces? */
bool table_displaced(uint32_t site, uintptr_t address);

/* Let the slots be written, all or that of one site, or none. Agent thread.
 * Errors: OPUS_RESOURCE, and a write to that slot would end the process. */
void table_unlock(void);
enum opus_code table_unlock_site(uint32_t site, struct opus_error *err) MUST_CHECK;
void table_lock(void);

#endif

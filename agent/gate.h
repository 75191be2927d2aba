/*
 * gate.h - entry gates, return hooks and the one word that decides.
 *
 * Included by: update.c, scan.c, fork handlers.
 * Runs on:     see each function.
 * Locks:       none: everything shared is atomic.
 * Signal:      safe where the name ends in _sig.
 *
 * While an update is pending, every entry of an old function leads here:
 *
 *   caller ── call E ──▶ E: jmp *slot ──▶ gate stub ──▶ gate_enter_sig()
 *                                                          │
 *        committed ─────────────────────────▶ new code ◀───┤
 *        cancelled, or the thread is inside ─▶ old code ◀──┤
 *        else: count + 1, hook the return ───▶ old code ◀──┘
 *                                                │ ret
 *   caller ◀── true return address ◀── hook stub ┘ count - 1; the last commits
 *
 * The state word holds the update's number, three flags and the number of
 * list entries (threads inside), so that "enter the old code" and "commit" are
 * changes of one word and cannot both win.
 */
#ifndef OPUS_GATE_H
#define OPUS_GATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/codes.h"

#define GATE_SITES 16384 /* functions that one process can have redirected */
#define GATE_HOOK_PAGES 32
#define GATE_HOOKS (GATE_HOOK_PAGES * 256) /* every 256th does not exist */

/* Owner of an entry that is just being released: no thread has this id. */
#define GATE_LEAVING UINT32_MAX
/* And of one whose stub was overwritten, as after longjmp. It is kept as long as there
 * are others: a stack that was copied away, as greenlet does, may be copied back. */
#define GATE_LOST (UINT32_MAX - 1)

/* Bits of the state word; above them the number of the update. */
#define STATE_COMMITTED 0x80000000u
#define STATE_CANCELLED 0x40000000u
#define STATE_BARRIER 0x20000000u
#define STATE_COUNT 0x0fffffffu
#define STATE_EPOCH(word) ((uint32_t)((word) >> 32))
#define STATE_ENDED(word) (((word) & (STATE_COMMITTED | STATE_CANCELLED)) != 0)

/* Longest time that the barrier may hold one thread at one entry; set before
 * each. */
extern _Atomic uint32_t gate_hold_ns;

/* A thread that came to an entry without thread-local storage of its own, for which
 * the update was therefore cancelled; 0. Set to 0 before each. */
extern _Atomic uint32_t gate_foreign;

/* One redirected function. Written by the control thread while all threads
 * are stopped, or, `settled` and `*slot`, with single stores after an update
 * has ended. Read by any thread that passes the gate. */
struct gate_site {
	_Atomic uintptr_t *slot;    /* what the jump at the entry goes through */
	_Atomic uint32_t epoch;     /* the update that `from` and `to` belong to */
	_Atomic uintptr_t from;     /* code before that update */
	_Atomic uintptr_t to;       /* code after it */
	_Atomic uintptr_t settled;  /* code that the last ended update left */
};

/* What the return stub and its unwind information read: hook.S computes the
 * place of `before` from a stub's own address. */
struct gate_return {
	uintptr_t address; /* true return address */
	uintptr_t before;  /* one less: inside the call, for unwinders */
};

/* One entry of the list of unsafe threads. */
struct gate_hook {
	_Atomic uint32_t owner;  /* thread id; 0: free; GATE_LEAVING */
	_Atomic uint32_t epoch;  /* update that counts it; 0: not counted */
	_Atomic uintptr_t slot;  /* where the return address lay; 0: no hook */
	uint32_t site;           /* index of the function */
	uint32_t reason;         /* enum opus_reason */
	uint32_t previous;       /* next outer hook of the thread, index + 1 */
	uint64_t since;          /* time-stamp counter: a system call for the
				  * time would cost more than all the rest */
};

/* Per thread, in the static TLS block. */
struct gate_thread {
	_Atomic uint32_t hook; /* innermost live hook, index + 1; 0: none */
	_Atomic uint32_t tid;  /* 0 until asked for; reset in a forked child */
	_Atomic uintptr_t held;   /* 0, or its stack pointer while the barrier
				   * holds the thread */
	_Atomic uint32_t unwound; /* hook that is kept for an unwinder, + 1 */
};

extern struct gate_site gate_sites[GATE_SITES];
extern struct gate_return gate_returns[GATE_HOOKS];
extern struct gate_hook gate_hooks[GATE_HOOKS];
extern _Atomic uint64_t gate_state;

/* Stubs and code in arch/: the gate of site i is at gate_pool + 8 * i, the
 * return stub of hook i at gate_hook_address(i). */
extern const char gate_pool[], gate_pool_end[];
extern const char hook_pool[], hook_pool_end[];
extern const char gate_common[], gate_common_end[];
extern const char hook_common[], hook_common_end[];

static inline uintptr_t gate_address(uint32_t site)
{
	return (uintptr_t)gate_pool + 8 * (uintptr_t)site;
}

/* The value that stands in place of a hooked return address. One above the
 * stub's start, so that "return address - 1" is still inside the stub. */
/* How far behind it the call of the stub leaves its return address (gate.S). */
#define GATE_HOOK_CALL 5

static inline uintptr_t gate_hook_address(uint32_t hook)
{
	return (uintptr_t)hook_pool + 16 * (uintptr_t)hook + 1;
}

/* Hook whose stub contains `address`, or -1. Any thread. */
int gate_hook_find(uintptr_t address);
/* Is the address in the code of gates and hooks? Any thread. */
bool gate_covers(uintptr_t address);

/* The calling thread's state; its address may be given to the control thread
 * while the caller is parked. */
struct gate_thread *gate_thread_sig(void);

/* Called by arch/.../gate.S. `stub_end`: return address into the stub;
 * `ret`: where the caller's return address lies. Returns where to go. */
uintptr_t gate_enter_sig(uintptr_t stub_end, uintptr_t *ret);
/* Called by hook.S when a hooked frame returns. Returns where to go. */
uintptr_t gate_return_sig(uintptr_t stub_end);
/* A function has been jumped to that looks at its caller's address, in `ret`. If that
 * is a stub, the hooked frame has been left: as if it had returned. */
void gate_jumped_sig(uintptr_t *ret);
/* The innermost hooked frame above `sp` is being unwound: take it off the
 * list. Returns the hook, whose gate_returns[] stays valid until the thread's
 * next one is unwound, or -1. On the thread itself. */
int gate_unwound_sig(uintptr_t sp);

/* A free list entry for thread `tid`, not counted yet; -1 if none is left. */
int gate_hook_take(uint32_t tid);
/* Take a list entry off. If the pending update counted it, the count falls,
 * and the last one commits. Any thread; the control thread uses it for
 * entries whose thread is parked or dead. Does nothing if the entry is not, or
 * no longer, the owner's. */
void gate_hook_release(uint32_t hook, uint32_t owner);
/* The same for one whose stub was overwritten: GATE_LOST. */
void gate_hook_lose(uint32_t hook, uint32_t owner);
/* Finish a release whose thread never will. Threads stopped, none in a gate. */
void gate_hook_abandon(uint32_t hook);
/* How many entries are taken. */
uint32_t gate_hooks_taken(void);
/* Put the stub of a filled entry in place of the return address in `slot`. On
 * the thread itself, or control thread with the thread parked. */
void gate_hook_stub(uint32_t hook, uintptr_t *slot);
/* Cancel the pending update, if it has not ended: everybody runs old code from
 * here on. Returns the state word as it ended. Any thread. */
uint64_t gate_cancel(void);
/* Count an entry no longer, but keep it, and its return address, for the case
 * that its frame returns after all. Control thread. */
void gate_hook_retire(uint32_t hook);
/* Put a hook into a parked thread's stack: `slot` holds a return address.
 * slot 0: no hook, the entry is only counted (stack cannot be read). The
 * caller has counted it in the state word. Control thread, threads stopped. */
void gate_hook_set(uint32_t hook, struct gate_thread *thread, uintptr_t *slot,
		   uint32_t epoch, uint32_t site, enum opus_reason reason);

/* Set by the control thread: called (from any context) when the last entry
 * has committed the update, or NULL. Must be signal-safe, and built with general
 * registers only, so in a *_sig.c: the others are the host's arguments. */
extern void (*_Atomic gate_notify)(void);

/* In the child of fork(): only the calling thread lives on. Entries of other
 * threads go; a pending update without entries commits. */
void gate_forked(void);

#endif

/*
 * coroutine.c - remember which contexts sleep, and offer them to the scan.
 *
 * Called by:  preload.c's swapcontext; update.c.
 * Runs on:    any thread (suspend, resume); agent thread (collect).
 * Locks:      none.
 * Signal:     safe: atomics only.
 *
 * A context that is freed while it sleeps leaves an entry behind. Entries are
 * believed only if the memory still looks like what our swapcontext() left:
 * mapped, and with a program counter inside this library.
 */
#include "coroutine.h"

#include <unistd.h>

#include "object.h"
#include "unwind.h"

struct stop_thread coroutine_list[COROUTINE_MAX];
uint32_t coroutine_count;
/* With room between: where most of a table is taken, searches in it are long. */
#define SLOTS (4 * COROUTINE_MAX)
static _Atomic uintptr_t sleeping[SLOTS]; /* 0 free, 1 was used */
_Atomic uint32_t coroutine_used;
static _Atomic uint32_t lost; /* how many sleep that found no room there */
static bool more;             /* than could be listed at the last look */

#define TOMBSTONE 1u
#define PROBES 64u

static uint32_t hash(uintptr_t p)
{
	return (uint32_t)((p >> 4) * 0x9e3779b97f4a7c15ull >> 49); /* 15 bits */
}

bool coroutine_suspend(ucontext_t *save)
{
	uint32_t at = hash((uintptr_t)save);

	atomic_store(&coroutine_used, 1);
	for (uint32_t n = 0; n < PROBES; n++) {
		_Atomic uintptr_t *entry = &sleeping[(at + n) % SLOTS];
		uintptr_t have = atomic_load(entry);

		if (have == (uintptr_t)save)
			return true;
		if (have > TOMBSTONE)
			continue;
		if (atomic_compare_exchange_strong(entry, &have,
						   (uintptr_t)save))
			return true;
	}
	atomic_fetch_add(&lost, 1);
	return false;
}

void coroutine_resume(const ucontext_t *save, bool listed)
{
	uint32_t at = hash((uintptr_t)save), lost_now = atomic_load(&lost);

	/* A context may be resumed twice. */
	while (!listed && lost_now != 0 &&
	       !atomic_compare_exchange_weak(&lost, &lost_now, lost_now - 1))
		;
	for (uint32_t n = 0; n < PROBES; n++) {
		_Atomic uintptr_t *entry = &sleeping[(at + n) % SLOTS];
		uintptr_t have = atomic_load(entry);

		if (have == 0)
			return;
		if (have == (uintptr_t)save) {
			atomic_store(entry, TOMBSTONE);
			return;
		}
	}
}

bool coroutine_lost(void)
{
	return atomic_load(&lost) != 0 || more;
}

static bool believable(const ucontext_t *c)
{
	uintptr_t ip;

	if (!unwind_readable((uintptr_t)c, sizeof(*c)))
		return false;
	ip = (uintptr_t)c->uc_mcontext.gregs[REG_RIP];
	return object_by_address(ip) != NULL &&
	       object_by_address(ip) ==
		       object_by_address((uintptr_t)coroutine_collect);
}

uint32_t coroutine_collect(void)
{
	coroutine_count = 0;
	more = false;
	if (!atomic_load(&coroutine_used) || !unwind_begin())
		return 0;
	for (uint32_t i = 0; i < SLOTS; i++) {
		ucontext_t *c = (ucontext_t *)atomic_load(&sleeping[i]);
		struct stop_thread *t;

		if ((uintptr_t)c <= TOMBSTONE || !believable(c))
			continue;
		if (coroutine_count == COROUTINE_MAX) {
			more = true;
			break;
		}
		t = &coroutine_list[coroutine_count];
		t->tid = (uint32_t)getpid();
		atomic_store(&t->state, STOP_PARKED);
		t->context = c;
		t->thread_pointer = 0;
		t->gate = NULL;
		coroutine_count++;
	}
	return coroutine_count;
}

/*
 * coroutine.c - remember which contexts sleep, and offer them to the scan.
 *
 * Called by:  preload.c's swapcontext and setcontext; update.c.
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
static _Atomic uintptr_t sleeping[COROUTINE_MAX]; /* 0 free, 1 was used */
_Atomic uint32_t coroutine_used;
static _Atomic uint32_t lost;

#define TOMBSTONE 1u
#define PROBES 64u

static uint32_t hash(uintptr_t p)
{
	return (uint32_t)((p >> 4) * 0x9e3779b97f4a7c15ull >> 51); /* 13 bits */
}

void coroutine_suspend(ucontext_t *save)
{
	uint32_t at = hash((uintptr_t)save);

	atomic_store(&coroutine_used, 1);
	for (uint32_t n = 0; n < PROBES; n++) {
		_Atomic uintptr_t *entry = &sleeping[(at + n) % COROUTINE_MAX];
		uintptr_t have = atomic_load(entry);

		if (have == (uintptr_t)save)
			return;
		if (have > TOMBSTONE)
			continue;
		if (atomic_compare_exchange_strong(entry, &have,
						   (uintptr_t)save))
			return;
	}
	atomic_store(&lost, 1);
}

void coroutine_resume(const ucontext_t *next)
{
	uint32_t at = hash((uintptr_t)next);

	for (uint32_t n = 0; n < PROBES; n++) {
		_Atomic uintptr_t *entry = &sleeping[(at + n) % COROUTINE_MAX];
		uintptr_t have = atomic_load(entry);

		if (have == 0)
			return;
		if (have == (uintptr_t)next) {
			atomic_store(entry, TOMBSTONE);
			return;
		}
	}
}

bool coroutine_lost(void)
{
	return atomic_load(&lost) != 0;
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
	if (!atomic_load(&coroutine_used) || !unwind_begin())
		return 0;
	for (uint32_t i = 0; i < COROUTINE_MAX; i++) {
		ucontext_t *c = (ucontext_t *)atomic_load(&sleeping[i]);
		struct stop_thread *t = &coroutine_list[coroutine_count];

		if ((uintptr_t)c <= TOMBSTONE || !believable(c))
			continue;
		t->tid = (uint32_t)getpid();
		atomic_store(&t->state, STOP_PARKED);
		t->context = c;
		t->thread_pointer = 0;
		t->gate = NULL;
		coroutine_count++;
	}
	return coroutine_count;
}

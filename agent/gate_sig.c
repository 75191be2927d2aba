/*
 * gate_sig.c - decide at an entry, count at a return, commit with the last.
 *
 * Called by:  arch/.../gate.S at patched entries and hooked returns; personality.c.
 * Runs on:    any thread of the host, also in its signal handlers.
 * Locks:      takes none; the host may hold any.
 * Signal:     safe - see docs/style.md 6; checked by `make audit`. Built with
 *             general registers only: vector registers hold arguments and
 *             results of the function that is being entered or left.
 *
 * Re-entrance: a signal handler of the host may interrupt any line here and
 * call a patched function itself. Between the count in gate_enter_sig() and
 * the store to gate_thread.hook it counts once more and takes it off again at
 * its own return; everywhere else it sees either no hook or a complete one.
 */
#include "gate.h"

#include <errno.h>
#include <stddef.h>

#include "agent.h"
#include "arch/x86_64/futex.h"
#include "coroutine.h"
#include "tls.h"

struct gate_site gate_sites[GATE_SITES];
struct gate_return gate_returns[GATE_HOOKS]
	__attribute__((aligned(16), visibility("hidden")));
struct gate_hook gate_hooks[GATE_HOOKS];
_Atomic uint64_t gate_state = STATE_COMMITTED;
void (*_Atomic gate_notify)(void);
_Atomic uint32_t gate_hold_ns;
_Atomic uint32_t gate_foreign;

/* Entries taken: lets the child of fork() skip a table that nobody uses. */
static _Atomic uint32_t gate_live;

static __thread struct gate_thread gate_self;

/* Beyond this distance a hook of the same thread is taken to lie on another
 * stack (coroutines): it does not vouch for the frame that is entered now. */
#define GATE_NEAR (1u << 20)

enum gate_inside { GATE_OUT, GATE_NEAR_HOOK, GATE_FAR_HOOK };

struct gate_thread *gate_thread_sig(void)
{
	return &gate_self;
}

static uint32_t gate_tid(void)
{
	uint32_t tid = atomic_load_explicit(&gate_self.tid, memory_order_relaxed);

	if (tid == 0) {
		tid = (uint32_t)raw_gettid();
		atomic_store_explicit(&gate_self.tid, tid, memory_order_relaxed);
	}
	return tid;
}

int gate_hook_find(uintptr_t address)
{
	uintptr_t offset = address - (uintptr_t)hook_pool;

	if (address <= (uintptr_t)hook_pool || address > (uintptr_t)hook_pool_end)
		return -1;
	offset = (offset - 1) / 16;
	return offset % 256 == 255 ? -1 : (int)offset;
}

bool gate_covers(uintptr_t a)
{
	return (a >= (uintptr_t)gate_common && a < (uintptr_t)gate_common_end) ||
	       (a >= (uintptr_t)gate_pool && a < (uintptr_t)gate_pool_end) ||
	       (a >= (uintptr_t)hook_common && a < (uintptr_t)hook_common_end);
}

static int hook_take(uint32_t tid)
{
	uint32_t start = tid * 2654435761u >> 19; /* spreads threads; 13 bits */

	for (uint32_t n = 0; n < GATE_HOOKS; n++) {
		uint32_t i = (start + n) % GATE_HOOKS;
		uint32_t none = 0;

		if (i % 256 == 255)
			continue;
		if (atomic_load_explicit(&gate_hooks[i].owner,
					 memory_order_relaxed) != 0 ||
		    !atomic_compare_exchange_strong(&gate_hooks[i].owner, &none,
						    tid))
			continue;
		atomic_store(&gate_hooks[i].epoch, 0);
		atomic_store(&gate_hooks[i].slot, 0);
		atomic_fetch_add(&gate_live, 1);
		return (int)i;
	}
	return -1;
}

static bool hooks_lost_free(void)
{
	bool some = false;

	for (uint32_t i = 0; i < GATE_HOOKS; i++) {
		uint32_t lost = GATE_LOST;

		if (atomic_load_explicit(&gate_hooks[i].owner,
					 memory_order_relaxed) != GATE_LOST ||
		    !atomic_compare_exchange_strong(&gate_hooks[i].owner, &lost, 0))
			continue;
		atomic_fetch_sub(&gate_live, 1);
		some = true;
	}
	return some;
}

int gate_hook_take(uint32_t tid)
{
	int hook = hook_take(tid);

	return hook >= 0 || !hooks_lost_free() ? hook : hook_take(tid);
}

/* The update has ended: let go whom the barrier holds, tell the agent. */
static void gate_ended(void)
{
	void (*notify)(void) = atomic_load(&gate_notify);

	futex_wake_all(&gate_state);
	if (notify)
		notify();
}

/* One entry less in update `epoch`; the last one commits. */
static void gate_count_down(uint32_t epoch)
{
	uint64_t word = atomic_load(&gate_state), next;

	do {
		if (STATE_EPOCH(word) != epoch || (word & STATE_COUNT) == 0)
			return;
		next = word - 1;
		if (!STATE_ENDED(word) && (next & STATE_COUNT) == 0)
			next = (next | STATE_COMMITTED) & ~(uint64_t)STATE_BARRIER;
	} while (!atomic_compare_exchange_weak(&gate_state, &word, next));
	if ((next & STATE_COUNT) == 0 && !STATE_ENDED(word))
		gate_ended();
}

static void hook_leave(uint32_t index, uint32_t owner, uint32_t next)
{
	struct gate_hook *h = &gate_hooks[index];
	uint32_t epoch;

	/* The thread itself and pending.c, which has stopped it somewhere, may
	 * both be about to release: the second must not free what a third has
	 * taken in between. */
	if (owner == 0 || owner == GATE_LEAVING ||
	    !atomic_compare_exchange_strong(&h->owner, &owner, GATE_LEAVING))
		return;
	epoch = atomic_exchange(&h->epoch, 0);
	atomic_store(&h->slot, 0);
	atomic_store(&h->owner, next);
	if (next == 0)
		atomic_fetch_sub(&gate_live, 1);
	if (epoch != 0)
		gate_count_down(epoch);
}

void gate_hook_release(uint32_t index, uint32_t owner)
{
	hook_leave(index, owner, 0);
}

void gate_hook_lose(uint32_t index, uint32_t owner)
{
	hook_leave(index, owner, GATE_LOST);
}

void gate_hook_abandon(uint32_t index)
{
	atomic_store(&gate_hooks[index].epoch, 0);
	atomic_store(&gate_hooks[index].slot, 0);
	atomic_store(&gate_hooks[index].owner, 0);
	atomic_fetch_sub(&gate_live, 1);
}

uint32_t gate_hooks_taken(void)
{
	return atomic_load(&gate_live);
}

void gate_hook_retire(uint32_t index)
{
	uint32_t epoch = atomic_exchange(&gate_hooks[index].epoch, 0);

	if (epoch != 0)
		gate_count_down(epoch);
}

/*
 * Does the slot of this hook hold its stub's address, or that behind the call in it?
 * Once the frame has returned into the stub, whose call overwrites the slot, it is
 * still on its way out, and a handler that interrupts it there must not take the
 * entry. On a page beside, the memory may be gone, as that of a coroutine that was
 * dropped while it was inside: the kernel looks, by the one call that filters are
 * asked for and that tells.
 */
static bool slot_has_stub(uint32_t index, uintptr_t slot, uintptr_t ret)
{
	uintptr_t stub = gate_hook_address(index);

	if ((slot ^ ret) >> 12 != 0) {
		const uint32_t *low = (const uint32_t *)slot;
		long rc = futex_compare(low, (uint32_t)stub);

		if (rc == -EAGAIN)
			rc = futex_compare(low, (uint32_t)stub + GATE_HOOK_CALL);
		if (rc == 0 || rc == -EAGAIN || rc == -EFAULT)
			return rc == 0;
	}
	return gate_hook_find(*(const uintptr_t *)slot) == (int)index;
}

/* Is the stub of this hook still in place, as far as that can be looked at? */
static bool gate_hook_alive(uint32_t index, uintptr_t ret)
{
	uintptr_t slot = atomic_load(&gate_hooks[index].slot);

	if (slot == 0) /* counted without a hook: the whole stack is unknown */
		return true;
	if (slot - ret >= GATE_NEAR && ret - slot >= GATE_NEAR)
		return true; /* another stack: do not touch it */
	return slot_has_stub(index, slot, ret);
}

/*
 * Does a frame of this thread further out vouch for it? Hooks whose stub was
 * overwritten (left by longjmp, or in a vforked child) are taken off on the
 * way. One that lies below `ret` with its stub in place may be such a one, or
 * live on the stack that a signal handler on an alternate one interrupted: it
 * does not vouch, and pending.c finds out.
 */
static enum gate_inside gate_inside(uint32_t tid, uintptr_t ret, uint32_t epoch)
{
	uint32_t at = atomic_load(&gate_self.hook);

	while (at != 0) {
		struct gate_hook *h = &gate_hooks[at - 1];
		uintptr_t slot = atomic_load(&h->slot);
		uint32_t outer = h->previous;
		bool mine = atomic_load(&h->owner) == tid;

		if (mine && gate_hook_alive(at - 1, ret)) {
			if (atomic_load(&h->epoch) != epoch)
				return GATE_OUT;
			/* Stacks of coroutines lie side by side. */
			return slot == 0 || (slot - ret < GATE_NEAR &&
					     !atomic_load(&coroutine_used))
				       ? GATE_NEAR_HOOK : GATE_FAR_HOOK;
		}
		/* An entry that is somebody else's by now has somebody else's
		 * `previous`: what lies beyond it is not found again, which
		 * costs another entry and nothing else. */
		at = mine ? outer : 0;
		atomic_store(&gate_self.hook, at);
		if (mine)
			gate_hook_lose((uint32_t)(h - gate_hooks), tid);
	}
	return GATE_OUT;
}

/* Held by the barrier until the word changes; returns the time it took. */
static uint64_t gate_hold(uint64_t word, uint64_t limit)
{
	uintptr_t sp = raw_stack_pointer();
	uintptr_t outer = atomic_load(&gate_self.held);
	uint64_t start;

	/* Nobody in a child that libc has not made ends the barrier, which is a copy
	 * there. One of vfork(2) need not wait, either. */
	if (opus_beacon.pid != raw_getpid())
		return limit;
	/* A handler that interrupts a held thread must not be held on top of
	 * it: signals that come faster than the limit would pile up. If that
	 * frame lies not further out, a handler's longjmp has left it. */
	if (outer != 0 && sp - outer >= GATE_NEAR)
		return limit;
	atomic_store(&gate_self.held, sp);
	start = raw_now();
	futex_wait(&gate_state, (uint32_t)word, limit);
	atomic_store(&gate_self.held, 0);
	return raw_now() - start;
}

void gate_hook_stub(uint32_t index, uintptr_t *slot)
{
	gate_returns[index].address = *slot;
	/* A frame that was hooked for an update which was cancelled, and that has
	 * jumped to a function of this one: then unwinders go on in that stub,
	 * whose unwind information reckons with its address as it stands. */
	gate_returns[index].before = *slot - (gate_hook_find(*slot) < 0);
	/* The stub first: whoever finds a slot in the entry, pending.c while
	 * its thread is stopped here, must find the stub in the slot. */
	*(volatile uintptr_t *)slot = gate_hook_address(index);
	atomic_store(&gate_hooks[index].slot, (uintptr_t)slot);
}

/* Fill a counted entry and put its stub in place of the return address. */
static void gate_hook_place(int index, uintptr_t *ret, uint32_t epoch,
			    uint32_t site)
{
	struct gate_hook *h = &gate_hooks[index];

	atomic_store(&h->epoch, epoch);
	h->site = site;
	h->reason = OPUS_WHY_ENTERED;
	h->since = agent_usable() ? raw_counter() : 0; /* PR_SET_TSC */
	h->previous = atomic_load(&gate_self.hook);
	gate_hook_stub((uint32_t)index, ret);
	atomic_store(&gate_self.hook, (uint32_t)index + 1);
}

uint64_t gate_cancel(void)
{
	uint64_t word = atomic_load(&gate_state), next;

	while (!STATE_ENDED(word)) {
		next = (word | STATE_CANCELLED) & ~(uint64_t)STATE_BARRIER;
		if (atomic_compare_exchange_weak(&gate_state, &word, next))
			word = next;
	}
	gate_ended();
	return word;
}

/* In a thread that has come since the update was armed: the list of its hooks would
 * be another thread's, which could then vouch for it, or would not be there. */
static bool is_foreign(void)
{
	return !tls_there_sig() || tls_shared_sig();
}

uintptr_t gate_enter_sig(uintptr_t stub_end, uintptr_t *ret)
{
	uint32_t index = (uint32_t)((stub_end - (uintptr_t)gate_pool) / 8);
	struct gate_site *s = &gate_sites[index];
	uint64_t word = atomic_load(&gate_state), held = 0;
	uint32_t tid = 0;
	int hook = -1;

	for (;;) {
		uint32_t epoch = atomic_load(&s->epoch);
		uint64_t limit = atomic_load(&gate_hold_ns);
		enum gate_inside inside;
		uintptr_t go = 0;

		if (STATE_EPOCH(word) != epoch)
			go = atomic_load(&s->settled);
		else if (word & STATE_COMMITTED)
			go = atomic_load(&s->to);
		else if (word & STATE_CANCELLED)
			go = atomic_load(&s->from);
		if (go != 0) {
			if (hook >= 0)
				gate_hook_release((uint32_t)hook, tid);
			return go;
		}
		if (tid == 0 && is_foreign()) {
			/* As below: it cannot be tracked. */
			atomic_store(&gate_foreign, (uint32_t)raw_gettid());
			word = gate_cancel();
			continue;
		}
		tid = tid ? tid : gate_tid();
		inside = gate_inside(tid, (uintptr_t)ret, epoch);
		if (inside == GATE_NEAR_HOOK) {
			if (hook >= 0)
				gate_hook_release((uint32_t)hook, tid);
			return atomic_load(&s->from);
		}
		if (hook < 0)
			hook = gate_hook_take(tid);
		if (hook < 0) {
			/* It could enter old code untracked: give up instead. */
			gate_cancel();
		} else if (inside == GATE_OUT && (word & STATE_BARRIER) &&
			   held < limit) {
			held += gate_hold(word, limit - held) + 1;
		} else {
			/* Count first. A thread that dies before the next line
			 * leaves a count without an entry, which can only
			 * delay the commit; an entry without a count could
			 * commit too early. update.c recounts. */
			if (atomic_compare_exchange_strong(&gate_state, &word,
							   word + 1)) {
				gate_hook_place(hook, ret, epoch, index);
				return atomic_load(&s->from);
			}
			continue;
		}
		word = atomic_load(&gate_state);
	}
}

static void hook_left(uint32_t index)
{
	/* In a coroutine that has moved to another thread the hook belongs to
	 * somebody else's list; that one finds it gone and steps over it. */
	if (tls_there_sig() && atomic_load(&gate_self.hook) == index + 1)
		atomic_store(&gate_self.hook, gate_hooks[index].previous);
	gate_hook_release(index, atomic_load(&gate_hooks[index].owner));
}

uintptr_t gate_return_sig(uintptr_t stub_end)
{
	uint32_t index = (uint32_t)((stub_end - (uintptr_t)hook_pool) / 16);
	uintptr_t address = gate_returns[index].address;

	hook_left(index);
	return address;
}

void gate_jumped_sig(uintptr_t *ret)
{
	int hook;

	while ((hook = gate_hook_find(*ret)) >= 0) {
		*(volatile uintptr_t *)ret = gate_returns[hook].address;
		hook_left((uint32_t)hook);
	}
}

int gate_unwound_sig(uintptr_t sp)
{
	uint32_t at = atomic_load(&gate_self.hook), best = 0;
	uintptr_t lowest = UINTPTR_MAX;

	for (int n = 0; at != 0 && n < GATE_HOOKS; n++) {
		uintptr_t slot = atomic_load(&gate_hooks[at - 1].slot);

		if (atomic_load(&gate_hooks[at - 1].owner) != gate_tid())
			break;
		if (slot > sp && slot < lowest) {
			lowest = slot;
			best = at;
		}
		at = gate_hooks[at - 1].previous;
	}
	if (best == 0)
		return -1;
	if (atomic_load(&gate_self.hook) == best)
		atomic_store(&gate_self.hook, gate_hooks[best - 1].previous);
	/* The unwinder reads the return address only after this: off the list
	 * now, but the entry must not be anybody else's until it has. */
	at = atomic_exchange(&gate_self.unwound, best);
	if (at != 0)
		gate_hook_release(at - 1, gate_tid());
	gate_hook_retire(best - 1);
	atomic_store(&gate_hooks[best - 1].slot, 0);
	return (int)best - 1;
}

void gate_hook_set(uint32_t index, struct gate_thread *thread, uintptr_t *slot,
		   uint32_t epoch, uint32_t site, enum opus_reason reason)
{
	struct gate_hook *h = &gate_hooks[index];

	h->site = site;
	h->reason = reason;
	h->since = raw_counter();
	h->previous = thread ? atomic_load(&thread->hook) : 0;
	atomic_store(&h->epoch, epoch);
	if (slot)
		gate_hook_stub(index, slot);
	if (thread) {
		atomic_store(&thread->tid, atomic_load(&h->owner));
		atomic_store(&thread->hook, index + 1);
	}
}

void gate_forked(void)
{
	uint32_t old = atomic_load(&gate_self.tid), tid = (uint32_t)raw_gettid();
	uint64_t word = atomic_load(&gate_state);
	uint32_t count = 0;

	for (uint32_t i = 0; i < GATE_HOOKS && atomic_load(&gate_live) != 0; i++) {
		struct gate_hook *h = &gate_hooks[i];
		uint32_t owner = atomic_load(&h->owner);

		if (owner == 0)
			continue;
		if (old != 0 && owner == old) {
			atomic_store(&h->owner, tid);
			count += atomic_load(&h->epoch) == STATE_EPOCH(word);
		} else {
			/* Its thread is not in this process. A coroutine may
			 * still run on its stack here: leave the address for
			 * gate_return_sig(), only do not count it. */
			atomic_store(&h->epoch, 0);
		}
	}
	atomic_store(&gate_self.tid, tid);
	if (STATE_ENDED(word))
		return;
	word = (word & ~(uint64_t)(STATE_COUNT | STATE_BARRIER)) | count;
	if (count == 0)
		word |= STATE_COMMITTED;
	atomic_store(&gate_state, word);
}

/*
 * scan.c - first the words on a stack, then, on a hit, its frames.
 *
 * Called by:  update.c during a stop.
 * Runs on:    agent thread.
 * Locks:      none: parked threads may hold any.
 * Signal:     safe while threads are stopped: raw system calls, no heap.
 *
 * A frame of a function leaves an address inside the function on the stack:
 * the return address of the call that it made, or the program counter that a
 * signal frame saved. So a stack without any such word has no such frame,
 * whatever its unwind information says (a vDSO or hand-written frame in
 * between does not matter), and most threads are done after reading two
 * kilobytes. The reverse is not true: such a word may be stale. Then the
 * frames decide, if the stack can be read to its end.
 */
#include "scan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "arch/x86_64/raw.h"
#include "object.h"
#include "table.h"
#include "unwind.h"

#define RED_ZONE 128
#define CHUNK 4096 /* words read at once */
/* A stack on which more is in use is bounded by the memory map. */
#define STACK_USUAL (16ul << 20)

static uintptr_t main_stack_end;
static uintptr_t scan_buffer[CHUNK];
static bool maps_ready, maps_asked; /* during this stop */
static bool wants_unwind;           /* the same */

/* What the walk over frames is looking for. */
struct scan_walk {
	const struct scan_ranges *ranges;
	bool inside;      /* the last visited frame is in an old function */
	bool innermost;   /* nothing was visited yet */
	uint32_t gates;
	bool prologue;
	struct scan_result result;
};

enum opus_code scan_ranges_add(struct scan_ranges *r, uintptr_t start,
			       uintptr_t end, uint32_t site, bool entry,
			       struct opus_error *err)
{
	if (r->count == r->capacity) {
		uint32_t more = r->capacity ? 2 * r->capacity : 16;
		void *p = realloc(r->list, more * sizeof(*r->list));

		if (!p)
			return error_set(err, OPUS_RESOURCE,
					 "no memory for %u code ranges", more);
		r->list = p;
		r->capacity = more;
	}
	r->list[r->count++] = (struct scan_range){start, end, site, entry};
	return OPUS_OK;
}

static int range_compare(const void *a, const void *b)
{
	const struct scan_range *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

void scan_ranges_sort(struct scan_ranges *r)
{
	qsort(r->list, r->count, sizeof(*r->list), range_compare);
	r->end = 0;
	for (uint32_t i = 0; i < r->count; i++)
		if (r->list[i].end > r->end)
			r->end = r->list[i].end;
}

void scan_ranges_deinit(struct scan_ranges *r)
{
	free(r->list);
	memset(r, 0, sizeof(*r));
}

/*
 * Range that an address on a stack belongs to, or NULL. `exact`: a program
 * counter. Otherwise a return address, which may lie behind the last byte (a
 * call that never returns) and is never an entry of the same range.
 */
static const struct scan_range *range_find(const struct scan_ranges *r,
					   uintptr_t address, bool exact)
{
	uint32_t low = 0, high = r->count;
	uintptr_t key = exact ? address : address - 1;
	const struct scan_range *found;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (r->list[middle].start <= key)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0)
		return NULL;
	found = &r->list[low - 1];
	if (key >= found->end)
		return NULL;
	if (exact && found->entry && address == found->start)
		return NULL;
	return found;
}

enum opus_code scan_prepare(struct opus_error *err)
{
	enum opus_code code = unwind_prepare(err);

	if (code == OPUS_OK && main_stack_end == 0) {
		main_stack_end = unwind_main_stack();
		if (main_stack_end == 0)
			main_stack_end = 1; /* the map decides each time */
	}
	return code;
}

void scan_begin(void)
{
	maps_ready = maps_asked = wants_unwind = false;
}

bool scan_wants_unwind(void)
{
	return wants_unwind;
}

ssize_t scan_memory(uintptr_t at, void *ret, size_t size)
{
	struct iovec to = {ret, size}, from = {(void *)at, size};
	/* By our own number: the process's leads to its first thread, which has
	 * no memory any more once it has ended. */
	long n = raw_syscall6(SYS_process_vm_readv, raw_gettid(), (long)&to, 1,
			      (long)&from, 1, 0);

	return n == -EFAULT ? 0 : n < 0 ? -1 : n;
}

static bool maps_now(void)
{
	if (!maps_asked) {
		maps_asked = true;
		maps_ready = unwind_begin();
	}
	return maps_ready;
}

/* End of the stack that `sp` is on; 0 if that cannot be known. */
static uintptr_t stack_end(const struct stop_thread *t, uintptr_t sp)
{
	/* glibc puts the thread's control block at the top of its stack, also
	 * of one that the program provides (pthread_attr_setstack). */
	if (t->thread_pointer > sp && t->thread_pointer - sp < STACK_USUAL)
		return t->thread_pointer;
	if (sp < main_stack_end && main_stack_end - sp < STACK_USUAL)
		return main_stack_end;
	/* A sleeping coroutine: no thread, and a mapping of its own, or a piece
	 * of the heap. What lies behind the stack does no harm but takes time. */
	if (!t->gate && maps_now()) {
		uintptr_t end = unwind_map_end(sp);

		return end - sp < STACK_USUAL / 16 ? end : 0;
	}
	return 0;
}

/* Where a word must point to be of interest, without looking closely. */
#define SPANS 16
struct spans {
	struct { uintptr_t start, size; } list[SPANS];
	uint32_t count;
	bool all; /* more than there is room for: each word is of interest */
};

static void span_add(struct spans *s, uintptr_t start, uintptr_t end)
{
	if (s->count == SPANS) {
		s->all = true;
		return;
	}
	s->list[s->count].start = start;
	s->list[s->count++].size = end - start;
}

/* The agent's code for gates and hooks, which arch/ keeps together. */
static void gates_add(struct spans *s)
{
	const char *const bounds[] = {gate_pool, gate_pool_end, hook_pool,
				      hook_pool_end, gate_common, gate_common_end,
				      hook_common, hook_common_end};
	uintptr_t low = UINTPTR_MAX, high = 0;

	for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
		uintptr_t at = (uintptr_t)bounds[i];

		low = at < low ? at : low;
		high = at > high ? at : high;
	}
	span_add(s, low, high + 1);
}

static void spans_init(struct spans *s, const struct scan_ranges *r)
{
	uintptr_t start, end;

	s->count = 0;
	s->all = false;
	gates_add(s);
	for (uint32_t i = 0; table_bounds(i, &start, &end); i++)
		span_add(s, start, end);
	if (r->count != 0) /* a return address may lie behind the last */
		span_add(s, r->list[0].start, r->end + 1);
}

static inline bool spans_have(const struct spans *s, uintptr_t word)
{
	for (uint32_t i = 0; i < s->count; i++)
		if (word - s->list[i].start < s->list[i].size)
			return true;
	return s->all;
}

/* Can this word belong to a frame of interest? */
static bool word_hits(uintptr_t word, const struct scan_ranges *r)
{
	return gate_hook_find(word) >= 0 || gate_covers(word) ||
	       range_find(r, word, true) || range_find(r, word, false) ||
	       table_original(word) != word;
}

/* What the kernel puts on the stack for a handler begins with the restorer's address,
 * and has the interrupted stack pointer behind so many bytes. */
#define FRAME_SP 168

/* What libc's restorer is, the frame of our own handler tells; 0: nobody has parked. */
static uintptr_t restorer_of(const struct stop_thread *t)
{
	return t->gate ? ((const uintptr_t *)t->context)[-1] : 0;
}

/* Does a handler run here that has interrupted what is not above it, up to `end`? An
 * alternate stack that the kernel forgets meanwhile (SS_AUTODISARM) shows nowhere. */
static bool frame_elsewhere(uintptr_t at, uintptr_t end)
{
	uintptr_t sp;

	return scan_memory(at + FRAME_SP, &sp, sizeof(sp)) == sizeof(sp) &&
	       (sp <= at || sp > end);
}

/* Read what fits of the words from `at` to `end` into the buffer. Returns how many, 0:
 * there is none, or they cannot be read. */
static size_t words_read(uintptr_t at, uintptr_t end)
{
	size_t want = (end - at) / sizeof(uintptr_t);
	ssize_t read;

	want = want > CHUNK ? CHUNK : want;
	read = scan_memory(at, scan_buffer, want * sizeof(uintptr_t));
	return read > 0 ? (size_t)read / sizeof(uintptr_t) : 0;
}

/* Is there such a word on the stack? 1 yes, 0 no, -1 the stack could not be
 * read. A stack has hundreds of words, hardly one of them an address of code:
 * the closer look at each was half of the time of a scan. */
static int words_hit(const struct stop_thread *t, const struct scan_ranges *r)
{
	uintptr_t sp = (uintptr_t)t->context->uc_mcontext.gregs[REG_RSP];
	uintptr_t at = (sp - RED_ZONE) & ~(uintptr_t)7, end = stack_end(t, sp);
	uintptr_t restorer = restorer_of(t);
	struct spans spans;

	if (end == 0)
		return -1;
	spans_init(&spans, r);
	while (at < end) {
		size_t have = words_read(at, end);

		if (have == 0)
			return end - at < sizeof(uintptr_t) ? 0 : -1;
		for (size_t i = 0; i < have; i++)
			if ((spans_have(&spans, scan_buffer[i]) &&
			     word_hits(scan_buffer[i], r)) ||
			    (restorer && scan_buffer[i] == restorer &&
			     frame_elsewhere(at + i * sizeof(uintptr_t), end)))
				return 1;
		at += have * sizeof(uintptr_t);
	}
	return 0;
}

static bool frame_visit(const struct unwind_frame *f, void *data)
{
	struct scan_walk *w = data;
	const struct scan_range *r;

	/* The caller of an old function: its return address lies just below
	 * the stack pointer that it has after the call (psABI 3.2.2). */
	if (w->inside)
		w->result.slot = (uintptr_t *)(f->sp - sizeof(uintptr_t));
	w->inside = false;
	if (gate_covers(f->address))
		w->gates++;
	r = range_find(w->ranges, f->address, f->exact);
	if (r) {
		w->inside = true;
		w->result.verdict = SCAN_INSIDE;
		w->result.site = r->site;
		w->result.slot = NULL;
		if (f->exact && !w->innermost && r->entry &&
		    table_displaced(r->site, f->address))
			w->prologue = true;
	}
	w->innermost = false;
	return true;
}

static struct scan_result frames_look(const struct stop_thread *t,
				      const struct scan_ranges *ranges)
{
	struct scan_walk w = {.ranges = ranges, .innermost = true,
			      .result.site = SCAN_NO_SITE};
	bool whole = maps_now() && unwind_walk(t->context, frame_visit, &w);

	wants_unwind |= !unwind_loaded();
	w.result.gates = whole ? w.gates : UINT32_MAX;
	if (w.gates)
		w.result.verdict = SCAN_GATE;
	else if (w.prologue)
		w.result.verdict = SCAN_PROLOGUE;
	else if (!whole || (w.result.verdict == SCAN_INSIDE && !w.result.slot))
		w.result.verdict = SCAN_UNREADABLE;
	return w.result;
}

/* The kernel saves the stack's bounds in the frame, but not whether it was in
 * use (__save_altstack). */
static bool on_signal_stack(const ucontext_t *c)
{
	uintptr_t sp = (uintptr_t)c->uc_mcontext.gregs[REG_RSP];

	return sp - (uintptr_t)c->uc_stack.ss_sp < c->uc_stack.ss_size;
}

bool scan_signal_stack(const struct stop_thread *t)
{
	uintptr_t sp = (uintptr_t)t->context->uc_mcontext.gregs[REG_RSP];
	uintptr_t end = stack_end(t, sp), restorer = restorer_of(t);
	uintptr_t at = (sp + 7) & ~(uintptr_t)7;

	if (on_signal_stack(t->context))
		return true;
	while (at < end && restorer) {
		size_t have = words_read(at, end);

		if (have == 0)
			break;
		for (size_t i = 0; i < have; i++, at += sizeof(uintptr_t))
			if (scan_buffer[i] == restorer && frame_elsewhere(at, end))
				return true;
	}
	return false;
}

struct scan_result scan_thread(const struct stop_thread *t,
			       const struct scan_ranges *ranges)
{
	struct scan_result safe = {.verdict = SCAN_SAFE};
	uintptr_t ip = (uintptr_t)t->context->uc_mcontext.gregs[REG_RIP];
	bool other_stack = on_signal_stack(t->context);

	/* On an alternate stack the words below say nothing about the frames
	 * that the signal interrupted on the other one. */
	if (!other_stack && words_hit(t, ranges) == 0 && !gate_covers(ip) &&
	    !range_find(ranges, ip, true) && table_original(ip) == ip)
		return safe;
	if (table_between(ip))
		return (struct scan_result){.verdict = SCAN_GATE};
	return frames_look(t, ranges);
}

/* --- a vforked child, and who waits for it --- */

/* The control block at the top of a thread's stack: first and third word are its
 * own address (glibc's tcbhead_t). 0: there is none above. */
static uintptr_t control_block(uintptr_t sp)
{
	for (uintptr_t at = sp & ~(uintptr_t)7; at - sp < STACK_USUAL;) {
		ssize_t read = scan_memory(at, scan_buffer, sizeof(scan_buffer));
		size_t have = read > 0 ? (size_t)read / sizeof(uintptr_t) : 0;

		for (size_t i = 0; i + 2 < have; i++) {
			uintptr_t own = at + i * sizeof(uintptr_t);

			if (scan_buffer[i] == own && scan_buffer[i + 2] == own)
				return own;
		}
		if (have < CHUNK)
			break;
		at += (have - 2) * sizeof(uintptr_t);
	}
	return 0;
}

static uintptr_t stack_pointer(const ucontext_t *c)
{
	return (uintptr_t)c->uc_mcontext.gregs[REG_RSP];
}

/* Whether a handler runs there on a stack of its own, above which nothing is
 * found of what it has interrupted, is not known. So the stack must be a
 * thread's; or one that clone(2) was given, as posix_spawn(3) does, on which
 * the child has begun. */
struct scan_result scan_held(const struct stop_thread *t, ucontext_t *child,
			     const struct scan_ranges *ranges)
{
	const struct scan_result unknown = {.verdict = SCAN_UNREADABLE,
					    .site = SCAN_NO_SITE};
	uintptr_t sp = stack_pointer(t->context), low = stack_pointer(child);
	struct stop_thread parent = {.tid = t->tid, .context = t->context};
	struct stop_thread inner = {.tid = t->tid, .context = child};

	if (sp >= main_stack_end || main_stack_end - sp >= STACK_USUAL) {
		parent.thread_pointer = control_block(sp);
		if (parent.thread_pointer == 0)
			return unknown;
	}
	/* One of its own may lie right below its parent's. */
	if (t->context->uc_mcontext.gregs[REG_RSI] == 0) {
		if (low > sp || sp - low >= STACK_USUAL)
			return unknown;
		inner.thread_pointer = parent.thread_pointer;
	}
	if (scan_thread(&parent, ranges).verdict != SCAN_SAFE ||
	    scan_thread(&inner, ranges).verdict != SCAN_SAFE)
		return unknown;
	return (struct scan_result){.verdict = SCAN_SAFE};
}

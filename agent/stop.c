/*
 * stop.c - ask all threads to stop, wait for their answers, release them.
 *
 * Called by:  update.c.
 * Runs on:    agent thread.
 * Locks:      none; /proc is read with raw system calls because a parked
 *             thread may hold malloc's lock (opendir allocates).
 * Signal:     safe: raw system calls only, but never called in a handler.
 */
#include "stop.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "agent.h"
#include "arch/x86_64/futex.h"
#include "descriptor.h"
#include "filter.h"
#include "own_signal.h"
#include "proc.h"
#include "stop_shared.h"
#include "stop_signal.h"
#include "vfork.h"

/* How one listing went on. */
struct stop_walk {
	int dir;
	int pid;
	siginfo_t signal;
	uint32_t self;
	uint64_t deadline;
	uint32_t fresh;   /* threads first seen in this pass */
	uint32_t waiting; /* of those asked, neither parked nor gone */
	uint32_t silent;  /* a thread that has not answered, for the message */
	uint32_t highest; /* thread id so far */
};

/* The main thread has ended by pthread_exit(): it stays in the list as a
 * zombie, takes signals and never answers. Once so, always so. */
static bool leader_ended;

/* Whoever has not answered by then is looked up in /proc. */
#define SWEEP_NS 2000000u
#define KEEPER_NS 20000u /* between two looks at who keeps stops out */

/* So often a thread is waited for that writes to its slot of the last stop. */
#define SLOTS_TRIES 1000

/* So often the list of threads is opened anew, if the host has closed it. */
#define LISTS_LOST 20

/*
 * Threads that are the kernel's own: io_uring's pollers and workers are listed as
 * threads of the process and have all signals blocked. They run no code of it.
 * Those met so far: they are not asked again, which would only fill the queue.
 */
#define KERNELS_OWN 32
#define PF_IO_WORKER 0x10u     /* include/linux/sched.h; field 9 of proc(5)'s */
#define PF_USER_WORKER 0x4000u /* stat */
#define STATE_KERNEL 'K'
static uint32_t kernels_own[KERNELS_OWN];
static uint32_t kernels_next;

static enum opus_code stop_reserve(uint32_t count, struct opus_error *err)
{
	struct stop_thread *p;

	if (count <= stop_now.capacity)
		return OPUS_OK;
	p = mmap(NULL, count * sizeof(*p), PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return error_set_errno(err, OPUS_RESOURCE,
				       "no memory for a list of %u threads", count);
	/* The old list stays mapped: a handler that comes late may still look
	 * at it. It doubles, so all old ones together are no larger. */
	stop_now.threads = p;
	stop_now.capacity = count;
	return OPUS_OK;
}

/* " S 1 1 1 0 -1 flags ..." */
static bool kernel_flags(const char *fields)
{
	for (int n = 0; n < 6; n++) {
		fields = strchr(fields + 1, ' ');
		if (!fields)
			return false;
	}
	return (strtoul(fields, NULL, 10) & (PF_IO_WORKER | PF_USER_WORKER)) != 0;
}

/* 'Z' for a zombie leader, whose threads live on; 0 if the file is gone; '?' if
 * it cannot be read, with no descriptor free perhaps: such a thread lives. */
static char thread_state(const struct stop_walk *w, uint32_t tid)
{
	char path[32], text[512], *end;
	ssize_t n;

	/* snprintf into a local buffer takes no lock and allocates nothing. */
	snprintf(path, sizeof(path), "%u/stat", tid);
	n = proc_read_at(w->dir, path, text, sizeof(text));
	if (n < 0) /* ESRCH: it ended in between (proc(5)) */
		return n == -ENOENT || n == -ESRCH ? 0 : '?';
	end = strrchr(text, ')');
	if (!end || !end[1])
		return 0;
	return kernel_flags(end + 1) ? STATE_KERNEL : end[2];
}

/* Only with a look: the number may be another thread's by now. */
static bool kernel_known(const struct stop_walk *w, uint32_t tid)
{
	for (int i = 0; i < KERNELS_OWN; i++)
		if (kernels_own[i] == tid)
			return thread_state(w, tid) == STATE_KERNEL;
	return false;
}

static long stop_signal(struct stop_walk *w, uint32_t tid, uint32_t index)
{
	return own_signal_send(&w->signal, tid,
		(uint64_t)STOP_TAG << 56 |
		(uint64_t)(stop_shared.number & 0xffffff) << 32 | index);
}

static struct stop_thread *stop_find(uint32_t tid)
{
	for (uint32_t i = 0; i < stop_now.count; i++)
		if (stop_now.threads[i].tid == tid)
			return &stop_now.threads[i];
	return NULL;
}

/* Ask one thread. -EAGAIN from the kernel: its queue of signals is full. */
static enum opus_code stop_ask(struct stop_walk *w, uint32_t tid,
			       struct opus_error *err)
{
	struct stop_thread *t = &stop_now.threads[stop_now.count];
	long rc;

	t->tid = tid;
	t->context = NULL;
	t->gate = NULL;
	t->thread_pointer = 0;
	atomic_store(&t->state, STOP_ASKED);
	atomic_store(&t->turn, atomic_load(&stop_shared.number));
	atomic_store(&stop_shared.listed, stop_now.count + 1);
	if (tid > w->highest)
		w->highest = tid;
	rc = (leader_ended && (int)tid == w->pid) || kernel_known(w, tid)
		     ? -ESRCH : stop_signal(w, tid, stop_now.count);
	stop_now.count++;
	w->fresh++;
	if (rc == -ESRCH)
		atomic_store(&t->state, STOP_GONE);
	else if (rc < 0)
		return error_set(err, OPUS_RESOURCE,
				 "the kernel queues no more signals (error %ld): raise RLIMIT_SIGPENDING",
				 -rc);
	return OPUS_OK;
}

/* One pass over /proc/self/task. */
static enum opus_code stop_list(struct stop_walk *w, struct opus_error *err)
{
	struct proc_tasks tasks;
	uint32_t at = 0, tid;
	enum opus_code code;

	proc_tasks_begin(&tasks, w->dir);
	while ((tid = proc_tasks_next(&tasks)) != 0) {
		if (tid == w->self)
			continue;
		/* Listings keep their order: the next known thread is almost
		 * always the next slot. */
		if (at < stop_now.count && stop_now.threads[at].tid == tid) {
			at++;
			continue;
		}
		/* A higher id than all so far is new, which spares the search
		 * in the first pass. */
		if (tid <= w->highest && stop_find(tid))
			continue;
		if (stop_now.count == stop_now.capacity)
			return OPUS_ALREADY; /* list too small: again */
		code = stop_ask(w, tid, err);
		if (code != OPUS_OK)
			return code;
		at = stop_now.count;
	}
	return OPUS_OK;
}

static uint32_t stop_waiting(struct stop_walk *w)
{
	uint32_t waiting = 0;

	for (uint32_t i = 0; i < stop_now.count; i++)
		if (atomic_load(&stop_now.threads[i].state) == STOP_ASKED) {
			waiting++;
			w->silent = stop_now.threads[i].tid;
		}
	return waiting;
}

/* It sleeps where no signal reaches it ('D'). */
static void stop_look_vfork(const struct stop_walk *w, struct stop_thread *t)
{
	uint32_t asked = STOP_ASKED;
	ucontext_t *context;

	switch (vfork_look(w->dir, t->tid, &context)) {
	case VFORK_NOT:
		break;
	case VFORK_FREE:
		stop_now.vfork = t->tid;
		break;
	case VFORK_HELD:
		if (atomic_compare_exchange_strong(&t->state, &asked, STOP_VFORK))
			t->context = context;
	}
}

/* Mark those that have ended, or are zombies, since they were asked. */
static void stop_sweep(const struct stop_walk *w)
{
	stop_now.vfork = 0;
	for (uint32_t i = 0; i < stop_now.count; i++) {
		struct stop_thread *t = &stop_now.threads[i];
		uint32_t asked = STOP_ASKED;
		char state;

		if (atomic_load(&t->state) != STOP_ASKED)
			continue;
		state = thread_state(w, t->tid);
		leader_ended |= state == 'Z' && (int)t->tid == w->pid;
		if (state == STATE_KERNEL)
			kernels_own[kernels_next++ % KERNELS_OWN] = t->tid;
		if (state == 'D')
			stop_look_vfork(w, t);
		if (state == 0 || state == 'Z' || state == 'X' ||
		    state == STATE_KERNEL)
			atomic_compare_exchange_strong(&t->state, &asked,
						       STOP_GONE);
	}
}

/* Wait until everybody asked has parked or ended. */
static bool stop_await(struct stop_walk *w)
{
	uint64_t sweep = raw_now() + SWEEP_NS / 4;

	for (;;) {
		uint32_t parked = atomic_load(&stop_shared.parked);
		uint64_t now;

		w->waiting = stop_waiting(w);
		if (w->waiting == 0)
			return true;
		/* Told before the count is looked at again: the thread that
		 * completes it either sees `wanted` or is seen in `parked`. */
		atomic_store(&stop_shared.wanted, parked + w->waiting);
		if (atomic_load(&stop_shared.parked) != parked)
			continue;
		now = raw_now();
		if (now >= w->deadline || atomic_load(&stop_shared.bare) != 0)
			return false;
		if (now >= sweep) {
			/* So soon only where it does not cost much. */
			if (w->waiting <= 4 || now - stop_now.started_ns >= SWEEP_NS)
				stop_sweep(w);
			sweep = now + SWEEP_NS;
			continue;
		}
		futex_wait(&stop_shared.parked, parked, SWEEP_NS / 4);
	}
}

static enum opus_code stop_only(struct stop_walk *w, const uint32_t *only,
				struct opus_error *err)
{
	for (; *only; only++) {
		enum opus_code code;

		if (*only == w->self || stop_find(*only))
			continue;
		code = stop_ask(w, *only, err);
		if (code != OPUS_OK)
			return code;
	}
	return OPUS_OK;
}

/* Those that began before the stop did. */
static enum opus_code stop_await_kept_out(struct stop_walk *w)
{
	while (atomic_load(&stop_shared.kept_out) != 0) {
		if (raw_now() >= w->deadline) {
			w->silent = atomic_load(&stop_shared.keeper);
			return OPUS_NO_ANSWER;
		}
		raw_sleep(KEEPER_NS);
	}
	return OPUS_OK;
}

/* Mostly the thread that has made this one and is still on its way out: nobody is
 * held while it is waited for here. */
static void stop_let_keepers_out(void)
{
	for (int n = 0; n < 20 && atomic_load(&stop_shared.kept_out) != 0; n++)
		raw_sleep(KEEPER_NS);
}

static enum opus_code stop_run(struct stop_walk *w, const uint32_t *only,
			       struct opus_error *err)
{
	enum opus_code code;

	do {
		w->fresh = 0;
		code = only ? stop_only(w, only, err) : stop_list(w, err);
		if (code != OPUS_OK)
			return code;
		if (!stop_await(w)) {
			stop_now.bare = atomic_load(&stop_shared.bare);
			if (stop_now.bare)
				w->silent = stop_now.bare;
			if (stop_now.vfork)
				w->silent = stop_now.vfork;
			err->tid = (int32_t)w->silent;
			return OPUS_NO_ANSWER;
		}
		/* Only a thread that was not parked can have made a new one:
		 * a pass that finds none is the last. */
	} while (w->fresh && !only);
	return OPUS_OK;
}

static uint32_t count_tasks(int dir)
{
	struct proc_tasks tasks;
	uint32_t count = 0;

	proc_tasks_begin(&tasks, dir);
	while (proc_tasks_next(&tasks) != 0)
		count++;
	return count;
}

/*
 * Nobody writes to the slots of the last stop any more. Its threads may still be on
 * their way out: they park anew when they come out. To wait for that would take
 * seconds where hundreds want the processor, as each runs for a while first.
 */
static bool slots_free(void)
{
	uint32_t number = atomic_load(&stop_shared.number);

	for (uint32_t i = 0; i < stop_now.count; i++) {
		struct stop_thread *t = &stop_now.threads[i];
		uint32_t turn = number, state = atomic_load(&t->state);

		if (atomic_compare_exchange_strong(&t->turn, &turn, 0))
			atomic_store(&t->state, STOP_GONE);
		else if (state != STOP_PARKED && state != STOP_GONE)
			return false; /* it is at it */
	}
	return true;
}

static void slots_take(void)
{
	for (int n = 0; !slots_free(); n++) {
		if (n == SLOTS_TRIES) { /* a debugger has it: leave them to it */
			stop_now.capacity = 0;
			break;
		}
		raw_sleep(1000000);
	}
	stop_now.count = 0;
}

static void stop_begin(void)
{
	stop_now.count = stop_now.vfork = 0;
	stop_now.bare = stop_now.sharing = 0;
	vfork_begin();
	atomic_store(&stop_shared.bare, 0);
	atomic_store(&stop_shared.sharing, 0);
	atomic_store(&stop_shared.listed, 0);
	atomic_store(&stop_shared.main_in, 0);
	atomic_store(&stop_shared.parked, 0);
	atomic_store(&stop_shared.wanted, UINT32_MAX);
	atomic_store(&stop_shared.hold, STOP_LOOSE);
	atomic_store(&stop_shared.owner, (uint32_t)raw_gettid());
	atomic_fetch_add(&stop_shared.number, 1);
	atomic_store(&stop_shared.active, 1);
	stop_now.started_ns = raw_now();
}

/* OPUS_ALREADY, and nobody is held: the list of threads was too small. */
static enum opus_code stop_try(struct stop_walk *w, const uint32_t *only,
			       uint64_t limit_ns, struct opus_error *err)
{
	enum opus_code code;

	slots_take();
	code = stop_reserve(2 * count_tasks(w->dir) + 64, err);
	if (code != OPUS_OK)
		return code;
	stop_let_keepers_out();
	stop_begin();
	w->deadline = stop_now.started_ns + limit_ns;
	code = stop_await_kept_out(w);
	if (code == OPUS_OK)
		code = filter_check(err);
	if (code == OPUS_OK)
		code = stop_run(w, only, err);
	if (code == OPUS_OK && !stop_hold())
		code = OPUS_NO_ANSWER;
	stop_now.sharing = atomic_load(&stop_shared.sharing);
	if (code != OPUS_OK)
		stop_release();
	return code;
}

enum opus_code stop_threads(const uint32_t *only, uint64_t limit_ns,
			    struct opus_error *err)
{
	struct stop_walk w = {.self = (uint32_t)raw_gettid(), .pid = getpid()};
	struct descriptor list;
	struct opus_error local;
	enum opus_code code;

	err = err ? err : &local;
	error_clear(err);
	stop_signal_prepare();
	w.signal = own_signal(stop_signal_number);
	for (int n = 0;; n++) {
		descriptor_keep(&list, proc_open_tasks());
		w.dir = list.fd;
		if (w.dir == -EMFILE || w.dir == -ENFILE)
			return error_set(err, OPUS_RESOURCE,
				"cannot list the threads: the process may have no more open files (RLIMIT_NOFILE)");
		if (w.dir < 0)
			return error_set(err, OPUS_RESOURCE,
				"cannot list the threads: the process sees no /proc with its own process ids (error %d)",
				-w.dir);
		code = stop_try(&w, only, limit_ns, err);
		/* Closed by the host, with other files that it did not know: who
		 * was listed last, and whether all were, nobody knows. */
		if (code == OPUS_OK && !descriptor_ours(&list)) {
			stop_release();
			code = n < LISTS_LOST ? OPUS_ALREADY
				: error_set(err, OPUS_RESOURCE,
					"the program closes descriptors that it does not know all the time");
		}
		if (code != OPUS_ALREADY)
			break;
		descriptor_close(&list);
	}
	if (code == OPUS_NO_ANSWER && stop_now.bare) {
		error_set(err, code,
			  "thread %u has no thread-local storage (libc did not make it, or arch_prctl(2) took it away): it cannot be stopped; try again when it has ended",
			  w.silent);
	} else if (code == OPUS_NO_ANSWER) {
		char state = thread_state(&w, w.silent);

		error_set(err, code,
			  "thread %u did not stop within %.1f ms (state %c): it %s",
			  w.silent, (double)limit_ns / 1e6, state ? state : '?',
			  stop_now.vfork
			  ? "waits for a vforked child, which runs in its memory and has not executed another program yet"
			  : "blocks all signals by a raw system call, is stuck in the kernel, or executes another program");
	}
	if (code == OPUS_NO_ANSWER)
		err->tid = (int32_t)w.silent;
	descriptor_close(&list);
	return code;
}

void stop_loosen(void)
{
	atomic_store(&stop_shared.hold, STOP_LOOSE);
}

bool stop_hold(void)
{
	uint32_t hold = STOP_LOOSE;

	return atomic_compare_exchange_strong(&stop_shared.hold, &hold, STOP_HELD);
}

uint64_t stop_release(void)
{
	uint64_t pause = raw_now() - stop_now.started_ns;
	uint64_t before = raw_clock(CLOCK_THREAD_CPUTIME_ID);

	atomic_store(&stop_shared.active, 0);
	atomic_store(&stop_shared.released, atomic_load(&stop_shared.number));
	futex_wake_all(&stop_shared.released);
	/* By its own time: who was woken may take the processor from this
	 * thread. Behind 64 that spin on 2 cores it came to look at the clock
	 * 0.4 to 2.6 s later, after a pause of 20 ms (measured). */
	return pause + raw_clock(CLOCK_THREAD_CPUTIME_ID) - before;
}

void stop_forked(void)
{
	memset(&stop_now, 0, sizeof(stop_now));
	leader_ended = false;
	memset(kernels_own, 0, sizeof(kernels_own));
	atomic_store(&stop_shared.active, 0);
	atomic_store(&stop_shared.parked, 0);
	atomic_store(&stop_shared.kept_out, 0);
	atomic_store(&stop_shared.released, atomic_load(&stop_shared.number));
	stop_signal_forked();
}

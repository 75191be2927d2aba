/*
 * stop_sig.c - park this thread and report that it has stopped.
 *
 * Called by:  signal_sig.c, for the stop signal; stop.c sends it.
 * Runs on:    any thread of the host program, at any instruction, with all
 *             signals blocked.
 * Locks:      takes none; the host may hold any lock, malloc's and the
 *             loader's included.
 * Signal:     safe - see docs/style.md 6; checked by `make audit`.
 */
#include "stop.h"

#include <errno.h>
#include <time.h>

#include "agent.h"
#include "arch/x86_64/futex.h"
#include "restart.h"
#include "stop_shared.h"
#include "tls.h"

struct stop stop_now;
struct stop_shared stop_shared;

/* Nobody may stay parked for ever: the agent thread may hang in a hook of the
 * patch, and the host is worth more than the update. */
#define STOP_PARK_LIMIT_NS 10000000000u

/* Who is to be kept out of a stop has to wait for the end of one for no longer. */
#define STOP_KEEP_OUT_NS 1000000000u

/* So long the main thread may take to come out, on a machine with far more to do
 * than processors. */
#define MAIN_OUT_NS 200000000u

/* The limit is over. While the agent thread changes things nobody may go, unless
 * it is gone: it does not wait for anything then, and if the time is over still,
 * the whole process was stopped (SIGSTOP, a debugger, a frozen container). */
static bool park_over_sig(void)
{
	uint32_t hold = STOP_LOOSE;

	return atomic_compare_exchange_strong(&stop_shared.hold, &hold,
					      STOP_BROKEN) ||
	       hold == STOP_BROKEN ||
	       raw_syscall3(SYS_tgkill, raw_getpid(),
			    (long)atomic_load(&stop_shared.owner), 0) != 0;
}

/* A child of vfork(2) has these words of its parent, and is sent no signal. */
static bool is_of_agent_sig(void)
{
	return opus_beacon.pid == raw_getpid();
}

bool stop_keep_out_sig(void)
{
	uint64_t end = raw_now() + STOP_KEEP_OUT_NS;
	uint32_t self = (uint32_t)raw_gettid();

	if (!is_of_agent_sig())
		return false;
	atomic_store(&stop_shared.keeper, self);
	atomic_fetch_add(&stop_shared.kept_out, 1);
	while (atomic_load(&stop_shared.active) != 0 &&
	       atomic_load(&stop_shared.owner) != self && raw_now() < end)
		raw_sleep(100000);
	return true;
}

void stop_let_in_sig(bool kept_out)
{
	if (kept_out)
		atomic_fetch_sub(&stop_shared.kept_out, 1);
}

void stop_bare_sig(uint64_t value)
{
	if ((value >> 32 & 0xffffff) == (atomic_load(&stop_shared.number) & 0xffffff) &&
	    atomic_load(&stop_shared.active) != 0)
		atomic_store(&stop_shared.bare, (uint32_t)raw_gettid());
}

/*
 * A signal that is sent to a process the kernel gives to its main thread, if that
 * lets it in; but one that came during a stop to the first thread that goes on,
 * whose call would end with EINTR instead of the main thread's. So the others wait
 * until it is taken, or must be theirs alone, or the next stop comes.
 */
static void main_first_sig(uint32_t number, const ucontext_t *context)
{
	uint64_t end;

	if (!restart_signal_sig(context, 0))
		return;
	end = raw_now() + MAIN_OUT_NS;
	while (atomic_load(&stop_shared.main_in) != 0 &&
	       atomic_load(&stop_shared.number) == number && raw_now() < end)
		raw_sleep(100000);
	for (int n = 0; n < 10 && restart_signal_sig(context, 0); n++)
		raw_sleep(100000);
}

void stop_park_sig(uint32_t number, uint32_t index, ucontext_t *context)
{
	struct stop_thread *t;
	uint32_t turn;
	bool is_main;

	/* Late answers: the stop was given up or has ended. The lower 24 bits
	 * of the number travel in the signal. */
	if ((atomic_load(&stop_shared.number) & 0xffffff) != number ||
	    atomic_load(&stop_shared.active) == 0 ||
	    index >= atomic_load(&stop_shared.listed))
		return;
	t = &stop_now.threads[index];
	number = turn = atomic_load(&stop_shared.number);
	if (t->tid != (uint32_t)raw_gettid() ||
	    !atomic_compare_exchange_strong(&t->turn, &turn, 0))
		return;
	restart_system_call_sig(context);
	t->context = context;
	t->thread_pointer = raw_thread_pointer();
	t->gate = gate_thread_sig();
	if (tls_shared_sig())
		atomic_store(&stop_shared.sharing, t->tid);
	is_main = t->tid == (uint32_t)raw_getpid();
	if (is_main)
		atomic_store(&stop_shared.main_in, 1);
	atomic_store(&t->state, STOP_PARKED);
	/* Only the last one expected wakes the agent thread: with a thousand
	 * threads a wake-up each would cost more than the stop itself. */
	if (atomic_fetch_add(&stop_shared.parked, 1) + 1 >=
	    atomic_load(&stop_shared.wanted))
		futex_wake_all(&stop_shared.parked);
	while ((int32_t)(atomic_load(&stop_shared.released) - number) < 0) {
		uint32_t seen = atomic_load(&stop_shared.released);

		if ((int32_t)(seen - number) < 0 &&
		    futex_wait(&stop_shared.released, seen,
			       STOP_PARK_LIMIT_NS) == -ETIMEDOUT &&
		    park_over_sig())
			break;
	}
	if (is_main)
		atomic_store(&stop_shared.main_in, 0);
	else
		main_first_sig(number, context);
}

/*
 * library.c - dlopen(3): patch a library before its caller can use it.
 *
 * Called by:  the host program and its libraries, in place of libc's own.
 * Runs on:    any thread of the host that loads a library; library_serve() on
 *             the agent thread.
 * Locks:      the caller waits, without a lock of the loader, for the agent
 *             thread, a limited time.
 * Signal:     unsafe: loader.
 *
 *      dlopen ── libc's ── is there a patch for it? ── no ─▶ return
 *                                   | yes
 *                      wake the agent thread, wait ── applied ─▶ return
 *
 * The agent thread does it as it does every update, with all threads stopped:
 * others may work in the library already, and the caller may be inside a
 * function of the program that the same patch replaces.
 *
 * libc looks at its caller's address, for the search path in that object. So
 * without a store the call is passed on by a jump, and so it is where the
 * caller has a search path of its own that would be used. What such a call has
 * loaded is looked at before the dlsym(3) that follows: hardly a program loads
 * an object without asking for something in it.
 *
 * Not seen: what libc loads and uses in one go (modules of NSS), until the next
 * of these calls, and other namespaces (dlmopen(3)).
 */
#include "library.h"

#include <dlfcn.h>
#include <errno.h>
#include <iconv.h>
#include <link.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>

#include "agent.h"
#include "arch/x86_64/futex.h"
#include "common/wire.h"
#include "contact.h"
#include "fork.h"
#include "gate.h"
#include "got.h"
#include "store.h"

#define WAIT_NS 5000000000u

#define PUBLIC __attribute__((visibility("default")))

START_DATA static void *(*real_dlopen)(const char *, int);
START_DATA static void *(*real_dlsym)(void *, const char *);
START_DATA static iconv_t (*real_iconv_open)(const char *, const char *);
static _Atomic uint32_t library_asked; /* by threads that wait */
static _Atomic uint32_t library_done;  /* the last of them that was served */
/* Objects ever loaded, at the last look of which nothing has to be waited for. */
static _Atomic unsigned long long library_adds;
/* Not 0 on a thread whose loading is the agent's, or inside another dlopen: a
 * constructor runs under the loader's lock, which belongs to the outer call. */
static __thread int library_depth;
/* Where the return address of a call lies that was passed on, and what it is;
 * 0: there was none since the last look. */
static __thread uintptr_t library_passed, library_passed_to;

AT_START void library_init(void)
{
	/* dlsym() is ours. libc had it elsewhere before glibc 2.34. */
	void *found = dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.34");

	*(void **)&real_dlsym = found ? found
				      : dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.2.5");
	*(void **)&real_dlopen = real_dlsym(RTLD_NEXT, "dlopen");
	*(void **)&real_iconv_open = real_dlsym(RTLD_NEXT, "iconv_open");
}

void library_own(void)
{
	library_depth++;
}

void library_own_end(void)
{
	library_depth--;
}

/* --- on the agent thread --- */

bool library_waiting(void)
{
	return atomic_load(&library_asked) != atomic_load(&library_done);
}

static int adds_read(struct dl_phdr_info *info, size_t size, void *data)
{
	(void)size;
	*(unsigned long long *)data = info->dlpi_adds;
	return 1;
}

static unsigned long long adds_now(void)
{
	unsigned long long adds = 0;

	dl_iterate_phdr(adds_read, &adds);
	return adds;
}

void library_serve(void)
{
	uint32_t asked = atomic_load(&library_asked);
	unsigned long long adds;

	if (asked == atomic_load(&library_done))
		return;
	fork_hold();
	adds = adds_now();
	fork_let();
	/* It may wait for threads inside; nobody need be connected for that. */
	if (!store_apply(WIRE_KEEP))
		adds = 0; /* worth another look soon */
	/* Not before: another thread that has loaded something meanwhile is to wait, too. */
	atomic_store(&library_adds, adds);
	atomic_store(&library_done, asked);
	futex_wake_all(&library_done);
}

void library_forked(void)
{
	atomic_store(&library_done, atomic_load(&library_asked));
}

/* --- on the caller's thread --- */

void library_wake(void)
{
	uint32_t idle = CONTACT_IDLE;
	uint64_t all = UINT64_MAX, before;

	if (!atomic_compare_exchange_strong(&contact_state, &idle, CONTACT_RUNNING)) {
		control_wake_sig();
		return;
	}
	/* The thread inherits the mask, as from a handler: none is its own. */
	raw_syscall6(SYS_rt_sigprocmask, SIG_SETMASK, (long)&all, (long)&before,
		     sizeof(all), 0, 0);
	if (control_start_sig() != 0)
		atomic_store(&contact_state, CONTACT_IDLE);
	raw_syscall6(SYS_rt_sigprocmask, SIG_SETMASK, (long)&before, 0,
		     sizeof(before), 0, 0);
}

/* False: the agent has not come to it. */
static bool library_ask(void)
{
	uint32_t mine = atomic_fetch_add(&library_asked, 1) + 1, done;
	uint64_t end = raw_now() + WAIT_NS;

	while ((int32_t)((done = atomic_load(&library_done)) - mine) < 0 &&
	       raw_now() < end) {
		/* Again each time: a thread that was about to end may not have
		 * seen the question. */
		library_wake();
		futex_wait(&library_done, done, 20000000);
	}
	return (int32_t)(done - mine) >= 0;
}

/* The stack may be another one than then, and that one gone. The kernel reads
 * the mask first, and then refuses what is to be done with it. */
static bool word_readable(uintptr_t at)
{
	return raw_syscall6(SYS_rt_sigprocmask, -1, (long)at, 0, 8, 0, 0) != -EFAULT;
}

/* Is the call that was passed on still running, so that this is a constructor
 * under the loader's lock? Then its return address is there, above us. */
static bool passed_runs(void)
{
	return library_passed && (uintptr_t)__builtin_frame_address(0) < library_passed &&
	       word_readable(library_passed) &&
	       *(uintptr_t *)library_passed == library_passed_to;
}

/* After a load by this thread. */
static __attribute__((noinline)) void library_look(void)
{
	int saved = errno;

	if (library_depth == 0 && !passed_runs()) {
		unsigned long long before = atomic_load(&library_adds);
		unsigned long long adds = adds_now();

		library_passed = 0;
		/* In this order: a folder is known before what is in it is applied. */
		if (agent_usable() && adds != before &&
		    ((!store_concerns() && !library_waiting()) || !library_ask()))
			atomic_compare_exchange_strong(&library_adds, &before, adds);
	}
	errno = saved;
}

static bool has_search_path(const struct link_map *map, bool by_path)
{
	bool inherits = false, own = false;

	for (const ElfW(Dyn) *d = map->l_ld; d && d->d_tag != DT_NULL; d++) {
		inherits |= d->d_tag == DT_RPATH;
		own |= d->d_tag == DT_RUNPATH;
	}
	/* What a library needs is looked for in the DT_RPATH of its loader. */
	return by_path ? inherits && !own : inherits || own;
}

/* Does it make a difference who asks for this file? */
static bool caller_matters(const char *file, void *caller)
{
	struct link_map *map = NULL;
	Dl_info info;

	if (!file || strchr(file, '$'))
		return true;
	return !dladdr1(caller, &info, (void **)&map, RTLD_DL_LINKMAP) || !map ||
	       has_search_path(map, strchr(file, '/') != NULL);
}

/* --- in place of libc's functions --- */

/* Where the return address of the function lies that this stands in. libc is to see
 * who has called: not the agent, to which functions return that are waited for. */
#define RETURN_SLOT ((uintptr_t *)__builtin_dwarf_cfa() - 1)

static void *library_open(const char *file, int mode)
{
	void *handle;

	library_depth++;
	handle = real_dlopen(file, mode);
	library_depth--;
	if (handle)
		library_look();
	return handle;
}

/* Optimized in any case: the calls at its end have to be jumps. */
PUBLIC __attribute__((optimize("O2"), noinline))
void *dlopen(const char *file, int mode)
{
	void *caller;

	gate_jumped_sig(RETURN_SLOT);
	caller = (void *)*(volatile uintptr_t *)RETURN_SLOT;
	if (!real_dlopen)
		library_init();
	if (store_there && !caller_matters(file, caller))
		return library_open(file, mode);
	if (store_there && file && library_depth == 0 && !passed_runs()) {
		library_passed = (uintptr_t)__builtin_dwarf_cfa() - sizeof(caller);
		library_passed_to = (uintptr_t)caller;
	}
	return real_dlopen(file, mode);
}

/* libc looks at the caller here as well, for RTLD_NEXT. */
PUBLIC AT_START __attribute__((optimize("O2"), noinline))
void *dlsym(void *restrict handle, const char *restrict name)
{
	gate_jumped_sig(RETURN_SLOT);
	if (!real_dlsym)
		library_init();
	if (library_passed)
		library_look();
	if (agent_late)
		got_look();
	return real_dlsym(handle, name);
}

/* Loads a module, which iconv(3) uses afterwards. */
PUBLIC iconv_t iconv_open(const char *to, const char *from)
{
	iconv_t handle;

	if (!real_iconv_open)
		library_init();
	handle = real_iconv_open(to, from);
	if (store_there && handle != (iconv_t)-1)
		library_look();
	return handle;
}

/*
 * personality.c - an unwinder passes a hooked frame.
 *
 * Called by:  libgcc's or libunwind's unwinder, for exceptions, pthread_exit
 *             and cancellation (Itanium C++ ABI, level I, 1.6 and 2.5).
 * Runs on:    any thread of the host program.
 * Locks:      the loader's, only where the landing pad is needed.
 * Signal:     safe as far as unwinding is (asynchronous cancellation).
 *
 * libgcc goes through a return stub by its unwind information, and here only
 * hears of it. Two cases need more, and get a landing pad that puts the true
 * return address back and goes on as if the caller of the hooked function had
 * called _Unwind_Resume in its place:
 *
 * - The hook was placed after libgcc had searched for the handler (phase 1) and
 *   before it gets there. The handler's frame was noted by its CFA, which is the
 *   stub's CFA now; libgcc takes the stub for it and would abort.
 * - libunwind, where the program is linked with it, takes a frame with
 *   .cfi_signal_frame for the kernel's and, to resume right behind it, writes a
 *   sigcontext over the stack (Gos-linux.c, x86_64_sigreturn). Without that mark
 *   libgcc could not tell the stub from the caller (uw_identify_context).
 *
 * An unwinder that is linked in statically has no functions that we could find.
 * There the handler's own personality routine is asked in the stub's frame, which
 * is the handler's but for the address: same registers, same stack pointer. It
 * calls the functions of its unwinder itself. For C++ the unwinder need not be
 * known, since what phase 1 found is kept in the exception; for others the address
 * in libgcc's context is put right.
 */
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "arch/x86_64/raw.h"
#include "frame.h"
#include "gate.h"

enum { CLEANUP_PHASE = 2, HANDLER_FRAME = 4 };
enum { INSTALL_CONTEXT = 7, CONTINUE_UNWIND = 8 };

/* Level I of the ABI; the header of neither unwinder, since it is the layout
 * of both. */
struct unwind_exception {
	uint64_t class_;
	void *cleanup;
	uintptr_t private_1;
	uintptr_t private_2; /* of libunwind: where the handler's frame stands */
};

struct unwinder {
	void (*set_ip)(void *, uintptr_t);
	void (*set_register)(void *, int, uintptr_t);
	uintptr_t resume;
	bool libunwind;
};

/* libgcc's struct _Unwind_Context behind the registers (unwind-dw2.c), the same
 * from its version 4 to 15 on x86-64. */
struct libgcc_context {
	void *registers[18];
	uintptr_t cfa, ra, lsda, text, data, function;
};

typedef int personality_fn(int version, int actions, uint64_t class_,
			   struct unwind_exception *exception, void *context);

extern const char hook_landing[];

/* The unwinder whose code calls us, if the landing pad is needed for it:
 * always for libunwind, for libgcc only where it takes the stub for the frame of
 * the handler. */
static bool unwinder_find(const void *caller, bool handler, struct unwinder *ret)
{
	const char *name;
	Dl_info info;
	void *handle;

	if (!dladdr(caller, &info) || !info.dli_fname)
		return false;
	name = strrchr(info.dli_fname, '/');
	ret->libunwind = strstr(name ? name : info.dli_fname, "libunwind") != NULL;
	if (!ret->libunwind && !handler)
		return false;
	handle = dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
	if (!handle)
		return false;
	*(void **)&ret->set_ip = dlsym(handle, "_Unwind_SetIP");
	*(void **)&ret->set_register = dlsym(handle, "_Unwind_SetGR");
	ret->resume = (uintptr_t)dlsym(handle, "_Unwind_Resume");
	dlclose(handle); /* it is loaded by others, and it is running */
	return ret->set_ip && ret->set_register && ret->resume;
}

/* Ask the personality routine of the frame that `hook` returns to, as if this
 * were that frame. */
static int handler_ask(int hook, int actions, uint64_t class_,
		       struct unwind_exception *exception, void *context)
{
	const struct gate_return *back = &gate_returns[hook];
	struct libgcc_context *c = context;
	struct frame_info f;

	if (!frame_find(back->before, &f) || f.personality == 0)
		return CONTINUE_UNWIND;
	if (c->ra == gate_hook_address((uint32_t)hook)) {
		c->ra = back->address;
		c->lsda = f.lsda;
		c->function = f.start;
	}
	return ((personality_fn *)f.personality)(1, actions, class_, exception,
						 context);
}

personality_fn gate_personality;
int gate_personality(int version, int actions, uint64_t class_,
		     struct unwind_exception *exception, void *context)
{
	struct gate_return *back;
	struct unwinder u = {0};
	int hook;

	(void)version;
	if (!(actions & CLEANUP_PHASE))
		return CONTINUE_UNWIND;
	/* The context can only be read with the unwinder's own functions. It
	 * is not needed: of the hooks on this stack the innermost is the one. */
	hook = gate_unwound_sig(raw_stack_pointer());
	if (hook < 0)
		return CONTINUE_UNWIND;
	if (!unwinder_find(__builtin_return_address(0),
			   (actions & HANDLER_FRAME) != 0, &u))
		return actions & HANDLER_FRAME
			       ? handler_ask(hook, actions, class_, exception, context)
			       : CONTINUE_UNWIND;
	back = &gate_returns[hook];
	/* libunwind has found the handler through the stub, by the address less
	 * one; it will find it again by the return address itself. */
	if (u.libunwind && exception->private_2 == back->before)
		exception->private_2 = back->address;
	back->before = u.resume;
	u.set_register(context, 0, (uintptr_t)exception);
	u.set_register(context, 1, (uintptr_t)back);
	u.set_ip(context, (uintptr_t)hook_landing);
	return INSTALL_CONTEXT;
}

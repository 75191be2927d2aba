/*
 * personality.c - an unwinder passes a hooked frame.
 *
 * Called by:  libgcc's or libunwind's unwinder, for exceptions, pthread_exit
 *             and cancellation (Itanium C++ ABI, level I, 1.6 and 2.5).
 * Runs on:    any thread of the host program.
 * Locks:      the loader's, only where libunwind is the host's unwinder.
 * Signal:     safe as far as unwinding is (asynchronous cancellation).
 *
 * libgcc goes through a return stub by its unwind information, and here only
 * hears of it: nothing of its own functions is called, since there may be
 * several copies of libgcc in the process, linked statically.
 *
 * libunwind, where the program is linked with it, cannot: it takes a frame with
 * .cfi_signal_frame for the kernel's and, to resume right behind it, writes a
 * sigcontext over the stack (Gos-linux.c, x86_64_sigreturn). Without that mark
 * libgcc cannot tell the stub from the caller (uw_identify_context). So for
 * libunwind the stub has a landing pad that puts the true return address back
 * and goes on as if the caller had called _Unwind_Resume.
 */
#include <dlfcn.h>
#include <stdint.h>
#include <string.h>

#include "arch/x86_64/raw.h"
#include "gate.h"

enum { CLEANUP_PHASE = 2, INSTALL_CONTEXT = 7, CONTINUE_UNWIND = 8 };

/* Level I of the ABI; the header of neither unwinder, since it is the layout
 * of both. */
struct unwind_exception {
	uint64_t class_;
	void *cleanup;
	uintptr_t private_1;
	uintptr_t private_2; /* of libunwind: where the handler's frame stands */
};

extern const char hook_landing[];
void *personality_resume; /* libunwind's _Unwind_Resume; read by gate.S */

static struct {
	const char *base; /* of the module that was looked at last */
	void (*set_ip)(void *, uintptr_t);
	void (*set_register)(void *, int, uintptr_t);
} unwinder;

/* Does this code belong to libunwind? Then its functions are in `unwinder`. */
static bool from_libunwind(const void *caller)
{
	const char *name;
	Dl_info info;
	void *handle;

	if (!dladdr(caller, &info) || !info.dli_fname)
		return false;
	name = strrchr(info.dli_fname, '/');
	if (!strstr(name ? name : info.dli_fname, "libunwind"))
		return false;
	if (unwinder.base == info.dli_fbase)
		return true;
	handle = dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
	if (!handle)
		return false;
	*(void **)&unwinder.set_ip = dlsym(handle, "_Unwind_SetIP");
	*(void **)&unwinder.set_register = dlsym(handle, "_Unwind_SetGR");
	personality_resume = dlsym(handle, "_Unwind_Resume");
	dlclose(handle); /* it is loaded by others, and it is running */
	if (!unwinder.set_ip || !unwinder.set_register || !personality_resume)
		return false;
	unwinder.base = info.dli_fbase;
	return true;
}

int gate_personality(int version, int actions, uint64_t class_,
		     struct unwind_exception *exception, void *context);
int gate_personality(int version, int actions, uint64_t class_,
		     struct unwind_exception *exception, void *context)
{
	int hook;

	(void)version, (void)class_;
	if (!(actions & CLEANUP_PHASE))
		return CONTINUE_UNWIND;
	/* The context can only be read with the unwinder's own functions. It
	 * is not needed: of the hooks on this stack the innermost is the one. */
	hook = gate_unwound_sig(raw_stack_pointer());
	if (hook < 0 || !from_libunwind(__builtin_return_address(0)))
		return CONTINUE_UNWIND;
	/* It has found the handler through the stub, by the address less one;
	 * it will find it again by the return address itself. */
	if (exception->private_2 == gate_returns[hook].before)
		exception->private_2 = gate_returns[hook].address;
	unwinder.set_register(context, 0, (uintptr_t)exception);
	unwinder.set_register(context, 1, gate_returns[hook].address);
	unwinder.set_ip(context, (uintptr_t)hook_landing);
	return INSTALL_CONTEXT;
}

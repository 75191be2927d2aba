/*
 * shadow.h - the shadow stack of a borrowed thread.
 *
 * Included by: remote.h.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe.
 *
 * With a shadow stack (CET, Linux 6.6, glibc's x86 feature SHSTK) the processor
 * holds each `ret` against a second stack, and rt_sigreturn(2) takes the pointer
 * to that from a word which the kernel puts there for a signal. A thread that is
 * to find home by `ret` and rt_sigreturn needs both, as after a signal:
 *
 *     pointer before ──▶   return addresses of its own
 *                          that pointer, with bit 63
 *     pointer now ─────▶   home
 */
#ifndef OPUS_SHADOW_H
#define OPUS_SHADOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What the kernel does for it; a test puts its own in place of that. */
struct shadow_kernel {
	/* ptrace(2) with NT_X86_SHSTK: false if the thread has no such stack. */
	bool (*get)(pid_t tid, uint64_t *pointer);
	bool (*set)(pid_t tid, uint64_t pointer);
	/* Shadow stacks are written by /proc/TID/mem alone. */
	bool (*write)(pid_t tid, uint64_t at, const void *bytes, size_t size);
};
extern struct shadow_kernel shadow_kernel;

struct shadow {
	uint64_t own; /* its pointer; 0: it has no shadow stack */
};

/* Does the stopped thread have one? */
void shadow_look(struct shadow *s, pid_t tid);

/* Make it ready for a `ret` to `home`, and for rt_sigreturn(2) there. True also
 * where there is none; false: nothing has changed. From here to the moment in
 * which its registers are set it must not run: see remote.c. */
bool shadow_enter(const struct shadow *s, pid_t tid, uint64_t home);

#endif

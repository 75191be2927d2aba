/*
 * shadow.c - put on a shadow stack what the kernel puts there for a signal.
 *
 * Called by:  remote.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe.
 *
 * After arch/x86/kernel/shstk.c: setup_signal_shadow_stack() writes the word and
 * the address, restore_signal_shadow_stack() takes the word again.
 */
#include "shadow.h"

#include <sys/ptrace.h>
#include <sys/uio.h>

#include "proc.h"

#ifndef NT_X86_SHSTK
#define NT_X86_SHSTK 0x204 /* <linux/elf.h> of Linux 6.6 */
#endif
#define DATA (1ull << 63) /* SHSTK_DATA_BIT: no return address */

static bool regset(int request, pid_t tid, uint64_t *pointer)
{
	struct iovec io = {pointer, sizeof(*pointer)};

	return ptrace((enum __ptrace_request)request, tid, (void *)NT_X86_SHSTK,
		      &io) == 0 && io.iov_len == sizeof(*pointer);
}

static bool kernel_get(pid_t tid, uint64_t *pointer)
{
	return regset(PTRACE_GETREGSET, tid, pointer);
}

static bool kernel_set(pid_t tid, uint64_t pointer)
{
	return regset(PTRACE_SETREGSET, tid, &pointer);
}

struct shadow_kernel shadow_kernel = {kernel_get, kernel_set, proc_memory_force};

void shadow_look(struct shadow *s, pid_t tid)
{
	if (!shadow_kernel.get(tid, &s->own))
		s->own = 0;
}

bool shadow_enter(const struct shadow *s, pid_t tid, uint64_t home)
{
	const uint64_t words[] = {home, s->own | DATA};

	if (s->own == 0)
		return true;
	return s->own % sizeof(words[0]) == 0 &&
	       shadow_kernel.write(tid, s->own - sizeof(words), words,
				   sizeof(words)) &&
	       shadow_kernel.set(tid, s->own - sizeof(words));
}

/*
 * raw.h - system calls without libc, for code that runs in a handler.
 *
 * Included by: *_sig.c and the code that runs while all threads are stopped.
 * Runs on:     any thread.
 * Locks:       none.
 * Signal:      safe: errno is not touched, results are -errno as the kernel
 *              gives them (syscall(2), "Architecture calling conventions").
 */
#ifndef OPUS_RAW_H
#define OPUS_RAW_H

#include <stdint.h>
#include <sys/syscall.h>

static inline long raw_syscall6(long nr, long a, long b, long c, long d,
				long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "0"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8),
			   "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

static inline long raw_syscall3(long nr, long a, long b, long c)
{
	return raw_syscall6(nr, a, b, c, 0, 0, 0);
}

static inline int raw_gettid(void)
{
	return (int)raw_syscall3(SYS_gettid, 0, 0, 0);
}

static inline int raw_getpid(void)
{
	return (int)raw_syscall3(SYS_getpid, 0, 0, 0);
}

/* Thread pointer of the calling thread: glibc stores it at %fs:0 (x86-64 psABI
 * 3.4.6, thread-local storage variant II). */
static inline uintptr_t raw_thread_pointer(void)
{
	uintptr_t fs;

	__asm__("movq %%fs:0, %0" : "=r"(fs));
	return fs;
}

/* The register itself; only where the kernel has told that it may be read so
 * (AT_HWCAP2, HWCAP2_FSGSBASE). */
static inline uintptr_t raw_fs_base(void)
{
	uintptr_t fs;

	__asm__ volatile(".byte 0xf3, 0x48, 0x0f, 0xae, 0xc0" /* rdfsbase %rax */
			 : "=a"(fs));
	return fs;
}

static inline uintptr_t raw_stack_pointer(void)
{
	uintptr_t sp;

	__asm__ volatile("movq %%rsp, %0" : "=r"(sp));
	return sp;
}

/* Call f() on the stack that ends at `top`, a multiple of 16. */
static inline long raw_call_on(uintptr_t top, long (*f)(void))
{
	long ret;

	__asm__ volatile("movq %%rsp, %%rbx\n\t"
			 "movq %[top], %%rsp\n\t"
			 "call *%[f]\n\t"
			 "movq %%rbx, %%rsp"
			 : "=a"(ret), [f] "+D"(f), [top] "+S"(top)
			 :
			 : "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "cc",
			   "memory");
	return ret;
}

/* The time-stamp counter: constant rate on every x86-64 of the last decade
 * (CPUID "invariant TSC"), used for durations that people read only. */
static inline uint64_t raw_counter(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

#endif

/*
 * calls.h - every system call that the agent makes in its host.
 *
 * Included by: injector/ (holds them against seccomp filters).
 * Runs on:     data only.
 * Locks:       none.
 * Signal:      safe: data only.
 *
 * A test traces an update and compares. Calls that libc makes for the agent,
 * for a new thread or in dlopen(), count as well.
 */
#ifndef OPUS_CALLS_H
#define OPUS_CALLS_H

#define CALL_POINTER 0x7f0000001000ull
#define CALL_FD 64

enum call_need {
	CALL_MUST, /* without it no update is possible */
	CALL_MAY,  /* an error is no harm */
};

/*
 * C(name, need, first to fourth argument): as far as filters look at them;
 * flags are written as numbers where their header has no place in common/.
 */
#define CALLS(C)                                                               \
	/* in every thread: parking in the handler */                          \
	C(rt_sigreturn, CALL_MUST, 0, 0, 0, 0)                                 \
	C(futex, CALL_MUST, CALL_POINTER, 128 /* WAIT_PRIVATE */, 1, 0)        \
	C(futex, CALL_MUST, CALL_POINTER, 129 /* WAKE_PRIVATE */, 1, 0)        \
	C(futex, CALL_MAY, CALL_POINTER, 133 /* WAKE_OP_PRIVATE */, 0, 0)      \
	C(gettid, CALL_MUST, 0, 0, 0, 0)                                       \
	C(rt_sigpending, CALL_MAY, CALL_POINTER, 8, 0, 0)                      \
	C(clock_gettime, CALL_MAY, 1, CALL_POINTER, 0, 0)                      \
	C(clock_nanosleep, CALL_MAY, 0, 0, CALL_POINTER, CALL_POINTER)         \
	C(write, CALL_MUST, CALL_FD, CALL_POINTER, 8, 0)                       \
	/* making a thread, its start and its end */                           \
	C(mmap, CALL_MUST, 0, 528384, 0, 0x20022)                              \
	C(mprotect, CALL_MUST, CALL_POINTER, 524288, 3, 0)                     \
	C(rt_sigprocmask, CALL_MUST, 0, CALL_POINTER, CALL_POINTER, 8)         \
	C(rt_sigprocmask, CALL_MUST, 1, CALL_POINTER, CALL_POINTER, 8)         \
	C(rt_sigprocmask, CALL_MUST, 2, CALL_POINTER, CALL_POINTER, 8)         \
	C(clone3, CALL_MAY, CALL_POINTER, 88, 0, 0)                            \
	C(clone, CALL_MUST, 0x3d0f00, CALL_POINTER, CALL_POINTER, CALL_POINTER)\
	C(set_robust_list, CALL_MAY, CALL_POINTER, 24, 0, 0)                   \
	C(rseq, CALL_MAY, CALL_POINTER, 32, 0, 0x53053053)                     \
	C(prctl, CALL_MAY, 15 /* SET_NAME */, CALL_POINTER, 0, 0)              \
	C(madvise, CALL_MAY, CALL_POINTER, 503808, 4, 0)                       \
	C(exit, CALL_MUST, 0, 0, 0, 0)                                         \
	/* talking */                                                          \
	C(eventfd2, CALL_MUST, 0, 0x80800, 0, 0)                               \
	C(socket, CALL_MUST, 1 /* AF_UNIX */, 0x80805 /* SEQPACKET */, 0, 0)   \
	C(connect, CALL_MUST, CALL_FD, CALL_POINTER, 110, 0)                   \
	C(getsockopt, CALL_MUST, CALL_FD, 1, 17 /* PEERCRED */, CALL_POINTER)  \
	C(geteuid, CALL_MUST, 0, 0, 0, 0)                                      \
	C(recvmsg, CALL_MUST, CALL_FD, CALL_POINTER, 0x40000040, 0)            \
	C(sendto, CALL_MUST, CALL_FD, CALL_POINTER, 64, 0x4000)                \
	C(ppoll, CALL_MUST, CALL_POINTER, 2, 0, 0)                             \
	C(read, CALL_MUST, CALL_FD, CALL_POINTER, 8, 0)                        \
	C(close, CALL_MUST, CALL_FD, 0, 0, 0)                                  \
	/* loading a patch */                                                  \
	C(memfd_create, CALL_MUST, CALL_POINTER, 3, 0, 0)                      \
	C(pread64, CALL_MUST, CALL_FD, CALL_POINTER, 65536, 0)                 \
	C(pwrite64, CALL_MUST, CALL_FD, CALL_POINTER, 65536, 0)                \
	C(ftruncate, CALL_MUST, CALL_FD, 4096, 0, 0)                           \
	C(fcntl, CALL_MUST, CALL_FD, 1033 /* ADD_SEALS */, 15, 0)              \
	C(lseek, CALL_MUST, CALL_FD, 0, 0, 0)                                  \
	C(openat, CALL_MUST, 0xffffff9c, CALL_POINTER, 0x80000, 0)             \
	C(newfstatat, CALL_MUST, CALL_FD, CALL_POINTER, CALL_POINTER, 0x1000)  \
	C(fstat, CALL_MAY, CALL_FD, CALL_POINTER, 0, 0) /* newer glibc */      \
	C(readlink, CALL_MAY, CALL_POINTER, CALL_POINTER, 64, 0)               \
	C(mmap, CALL_MUST, 0, 188416, 3, 0x22)                                 \
	C(mmap, CALL_MUST, 0, 12288, 1, 0x802)                                 \
	C(mmap, CALL_MUST, CALL_POINTER, 8192, 5, 0x812)                       \
	C(mmap, CALL_MUST, CALL_POINTER, 8192, 3, 0x812)                       \
	C(mmap, CALL_MUST, CALL_POINTER, 4096, 5, 0x12)                        \
	C(mprotect, CALL_MUST, CALL_POINTER, 4096, 1, 0)                       \
	C(munmap, CALL_MUST, CALL_POINTER, 65536, 0, 0)                        \
	C(brk, CALL_MAY, CALL_POINTER, 0, 0, 0)                                \
	C(getrandom, CALL_MAY, CALL_POINTER, 8, 1, 0)                          \
	/* stopping all threads and changing code */                           \
	C(getpid, CALL_MUST, 0, 0, 0, 0)                                       \
	C(getuid, CALL_MUST, 0, 0, 0, 0)                                       \
	C(rt_sigaction, CALL_MUST, 33, CALL_POINTER, CALL_POINTER, 8)          \
	C(getdents64, CALL_MUST, CALL_FD, CALL_POINTER, 8192, 0)               \
	C(rt_tgsigqueueinfo, CALL_MUST, 4711, 4712, 33, CALL_POINTER)          \
	/* qsort(3), for many functions */                                     \
	C(sysinfo, CALL_MAY, CALL_POINTER, 0, 0, 0)                            \
	C(process_vm_readv, CALL_MAY, 4711, CALL_POINTER, 1, CALL_POINTER)     \
	C(membarrier, CALL_MAY, 64, 0, 0, 0)                                   \
	C(membarrier, CALL_MAY, 32, 0, 0, 0)

/* Where there is no /proc in its root folder: to stand in one that it is given,
 * with a working folder of the agent thread's own. */
#define CALLS_WITHOUT_PROC(C)                                                  \
	C(unshare, CALL_MUST, 0x200 /* CLONE_FS */, 0, 0, 0)                   \
	C(fchdir, CALL_MUST, CALL_FD, 0, 0, 0)

#endif

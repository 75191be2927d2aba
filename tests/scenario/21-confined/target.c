/*
 * A program that confines itself: target KIND. Answers "call" with the version
 * of work(), and "ok?" with "yes": it has not been killed.
 *
 *   none      no filter
 *   ten       ten calls are allowed, all others kill the process
 *   service   what systemd's SystemCallFilter=@system-service allows, others kill
 *   errno     the same, others fail with EPERM
 *   openssh   what OpenSSH's sandbox before authentication allows
 *   thread    "ten", but in a second thread only
 *   jail DIR KIND   in a root folder of its own
 *   unshare   unshare(2) kills
 *   leaderless   "ten", and the first thread has ended
 *   strict    SECCOMP_MODE_STRICT in a second thread
 *   beside HOW   at the line "confine" a second thread is "openssh", by prctl(2) or
 *             syscall(2), and lives on; before that nobody has a filter
 *   trap      membarrier sends SIGSYS
 *   timer     timer_create kills, in a second thread only, which lives in malloc
 *             and is the only one that takes the agent's signal
 *   late HOW  says "starts", works inside libc for a while, where no agent can
 *             start, and then is "openssh", by prctl(2) or syscall(2)
 *   mdwe      systemd's MemoryDenyWriteExecute=yes, as a filter
 *   mdwe2     the same by prctl(PR_SET_MDWE)
 */
#include "../target.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#endif

static volatile int zero;

ATTR int work(int wait)
{
	return 1 + zero + (wait && zero);
}

static struct sock_filter code[1024];
static unsigned short used;

static void put(struct sock_filter f)
{
	code[used++] = f;
}

static void put_load(unsigned int offset)
{
	put((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset));
}

static void put_allow(const long *calls, size_t count)
{
	put_load(offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < count; i++) {
		put((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
						 (unsigned int)calls[i], 0, 1));
		put((struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
						 SECCOMP_RET_ALLOW));
	}
}

/* `call` with all these bits in an argument gets `answer`. */
static void put_deny(long call, int argument, unsigned int bits,
		     unsigned int answer)
{
	put_load(offsetof(struct seccomp_data, nr));
	put((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
					 (unsigned int)call, 0, 4));
	put_load((unsigned int)(offsetof(struct seccomp_data, args) +
				8 * (size_t)argument));
	put((struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, bits));
	put((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, bits, 0, 1));
	put((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, answer));
}

static int by_syscall;

static void install(unsigned int otherwise)
{
	struct sock_fprog program = {0, code};

	put((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, otherwise));
	program.len = used;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    (by_syscall ? syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program)
			: prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)))
		die("seccomp");
}

static const long ten[] = {
	SYS_read, SYS_write, SYS_poll, SYS_close, SYS_exit, SYS_exit_group,
	SYS_rt_sigreturn, SYS_rt_sigprocmask, SYS_brk, SYS_futex,
};

/* The groups of systemd.exec(5), as far as x86-64 has the calls. */
static const long service[] = {
	/* @default, @basic-io */
	SYS_arch_prctl, SYS_brk, SYS_clock_getres, SYS_clock_gettime,
	SYS_clock_nanosleep, SYS_execve, SYS_exit, SYS_exit_group, SYS_futex,
	SYS_get_robust_list, SYS_getegid, SYS_geteuid, SYS_getgid, SYS_getgroups,
	SYS_getpgid, SYS_getpgrp, SYS_getpid, SYS_getppid, SYS_getrandom,
	SYS_getresgid, SYS_getresuid, SYS_getrlimit, SYS_getsid, SYS_gettid,
	SYS_gettimeofday, SYS_getuid, SYS_membarrier, SYS_mmap, SYS_mprotect,
	SYS_munmap, SYS_nanosleep, SYS_pause, SYS_prlimit64, SYS_restart_syscall,
	SYS_rseq, SYS_rt_sigreturn, SYS_sched_getaffinity, SYS_sched_yield,
	SYS_set_robust_list, SYS_set_thread_area, SYS_set_tid_address,
	SYS_time, SYS_uname, SYS_close, SYS_dup, SYS_dup2, SYS_dup3, SYS_lseek,
	SYS_pread64, SYS_preadv, SYS_pwrite64, SYS_pwritev, SYS_read, SYS_readv,
	SYS_write, SYS_writev,
	/* @file-system */
	SYS_access, SYS_chdir, SYS_chmod, SYS_creat, SYS_faccessat, SYS_fallocate,
	SYS_fchdir, SYS_fchmod, SYS_fchmodat, SYS_fcntl, SYS_fstat, SYS_fstatfs,
	SYS_ftruncate, SYS_getcwd, SYS_getdents, SYS_getdents64, SYS_link,
	SYS_linkat, SYS_lstat, SYS_mkdir, SYS_mkdirat, SYS_newfstatat, SYS_open,
	SYS_openat, SYS_readlink, SYS_readlinkat, SYS_rename, SYS_renameat,
	SYS_rmdir, SYS_stat, SYS_statfs, SYS_statx, SYS_symlink, SYS_truncate,
	SYS_unlink, SYS_unlinkat, SYS_utimensat,
	/* @io-event, @ipc, @network-io */
	SYS_epoll_create, SYS_epoll_create1, SYS_epoll_ctl, SYS_epoll_pwait,
	SYS_epoll_wait, SYS_eventfd, SYS_eventfd2, SYS_poll, SYS_ppoll,
	SYS_pselect6, SYS_select, SYS_memfd_create, SYS_pipe, SYS_pipe2,
	SYS_process_vm_readv, SYS_process_vm_writev, SYS_semget, SYS_semop,
	SYS_semtimedop, SYS_shmat, SYS_shmget, SYS_accept, SYS_accept4, SYS_bind,
	SYS_connect, SYS_getpeername, SYS_getsockname, SYS_getsockopt, SYS_listen,
	SYS_recvfrom, SYS_recvmmsg, SYS_recvmsg, SYS_sendmmsg, SYS_sendmsg,
	SYS_sendto, SYS_setsockopt, SYS_shutdown, SYS_socket, SYS_socketpair,
	/* @process, @signal, @sync, @timer and the rest */
	SYS_clone, SYS_clone3, SYS_fork, SYS_getrusage, SYS_kill, SYS_pidfd_open,
	SYS_prctl, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo, SYS_setns,
	SYS_tgkill, SYS_times, SYS_tkill, SYS_unshare, SYS_vfork, SYS_wait4,
	SYS_waitid, SYS_rt_sigaction, SYS_rt_sigpending, SYS_rt_sigprocmask,
	SYS_rt_sigsuspend, SYS_rt_sigtimedwait, SYS_sigaltstack, SYS_signalfd4,
	SYS_fdatasync, SYS_fsync, SYS_msync, SYS_alarm, SYS_timer_create,
	SYS_timerfd_create, SYS_timerfd_settime, SYS_flock, SYS_getcpu, SYS_ioctl,
	SYS_madvise, SYS_mremap, SYS_personality, SYS_sendfile, SYS_setpriority,
	SYS_sysinfo,
};

/* sandbox-seccomp-filter.c of OpenSSH 9, but for argument checks. */
static const long openssh[] = {
	SYS_brk, SYS_clock_gettime, SYS_close, SYS_exit, SYS_exit_group, SYS_futex,
	SYS_getpgid, SYS_getpid, SYS_getrandom, SYS_gettid, SYS_gettimeofday,
	SYS_getuid, SYS_geteuid, SYS_madvise, SYS_mmap, SYS_mremap, SYS_munmap,
	SYS_nanosleep, SYS_clock_nanosleep, SYS_poll, SYS_ppoll, SYS_pselect6,
	SYS_read, SYS_rt_sigprocmask, SYS_select, SYS_shutdown, SYS_time,
	SYS_write, SYS_writev,
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void confine(const char *kind)
{
	if (!strcmp(kind, "ten")) {
		put_allow(ten, COUNT(ten));
		install(SECCOMP_RET_KILL_PROCESS);
	} else if (!strcmp(kind, "service") || !strcmp(kind, "errno")) {
		put_allow(service, COUNT(service));
		install(*kind == 's' ? SECCOMP_RET_KILL_PROCESS
				     : SECCOMP_RET_ERRNO | EPERM);
	} else if (!strcmp(kind, "openssh")) {
		put_allow(openssh, COUNT(openssh));
		install(SECCOMP_RET_KILL);
	} else if (!strcmp(kind, "trap")) {
		put_deny(SYS_membarrier, 0, 0, SECCOMP_RET_TRAP);
		install(SECCOMP_RET_ALLOW);
	} else if (!strcmp(kind, "unshare")) {
		put_deny(SYS_unshare, 0, 0, SECCOMP_RET_KILL_PROCESS);
		install(SECCOMP_RET_ALLOW);
	} else if (!strcmp(kind, "timer")) {
		put_deny(SYS_timer_create, 0, 0, SECCOMP_RET_KILL_PROCESS);
		install(SECCOMP_RET_ALLOW);
	} else if (!strcmp(kind, "mdwe")) {
		put_deny(SYS_mmap, 2, PROT_EXEC | PROT_WRITE,
			 SECCOMP_RET_ERRNO | EPERM);
		put_deny(SYS_mprotect, 2, PROT_EXEC, SECCOMP_RET_ERRNO | EPERM);
		put_deny(SYS_pkey_mprotect, 2, PROT_EXEC,
			 SECCOMP_RET_ERRNO | EPERM);
		install(SECCOMP_RET_ALLOW);
	} else if (!strcmp(kind, "mdwe2")) {
		if (prctl(PR_SET_MDWE, 1, 0, 0, 0)) {
			say("no PR_SET_MDWE");
			_exit(0);
		}
	}
}

static struct door confined, stay, begin;

static void *confine_beside(void *unused)
{
	char c;

	(void)unused;
	door_pass(&begin);
	confine("openssh");
	door_open(&confined);
	return (void *)syscall(SYS_read, stay.fd[0], &c, 1);
}

static void *thread_main(void *kind)
{
	char c;

	if (!strcmp(kind, "timer")) {
		void *volatile kept; /* else the compiler drops both calls */

		confine(kind);
		door_open(&confined);
		for (;;) {
			kept = malloc(100);
			free(kept);
		}
	} else if (!strcmp(kind, "thread")) {
		confine("ten");
		door_open(&confined);
	} else {
		door_open(&confined);
		syscall(SYS_prctl, PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
	}
	/* read() of libc may make other calls when cancelled; this does not. */
	return (void *)syscall(SYS_read, stay.fd[0], &c, 1);
}

static void *serve(void *kind)
{
	char line[64];

	if (kind)
		confine(kind);
	say("confined");
	while (next(line, sizeof(line))) {
		if (!strcmp(line, "call")) {
			say("%d", work(0));
			continue;
		}
		if (!strcmp(line, "confine")) {
			door_open(&begin);
			door_pass(&confined);
		}
		say("yes");
	}
	_exit(0);
}

static void work_inside(double seconds)
{
	static char room[1 << 24];
	double end = now() + seconds;

	for (int i = 0; now() < end; i++)
		memset(room, i, sizeof(room));
}

int main(int argc, char **argv)
{
	const uint64_t realtime = ~0ull << (SIGRTMIN - 1);
	pthread_t thread;

	door_init(&confined);
	door_init(&stay);
	door_init(&begin);
	if (argc > 1 && !strcmp(argv[1], "leaderless")) {
		pthread_create(&thread, NULL, serve, "ten");
		pthread_exit(NULL);
	}
	if (argc > 1 && (!strcmp(argv[1], "thread") || !strcmp(argv[1], "strict") ||
			 !strcmp(argv[1], "timer"))) {
		pthread_create(&thread, NULL, thread_main, argv[1]);
		door_pass(&confined);
		if (!strcmp(argv[1], "timer"))
			syscall(SYS_rt_sigprocmask, SIG_BLOCK, &realtime, NULL, 8);
	} else if (argc > 2 && !strcmp(argv[1], "beside")) {
		by_syscall = !strcmp(argv[2], "syscall");
		pthread_create(&thread, NULL, confine_beside, NULL);
	} else if (argc > 2 && !strcmp(argv[1], "late")) {
		by_syscall = !strcmp(argv[2], "syscall");
		say("starts");
		work_inside(0.1);
		confine("openssh");
	} else if (argc > 2) {
		if (chroot(argv[2]) || chdir("/"))
			die("chroot");
		confine(argc > 3 ? argv[3] : "ten");
	} else if (argc > 1) {
		confine(argv[1]);
	}
	serve(NULL);
}

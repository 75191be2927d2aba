/*
 * A server whose children confine themselves soon after their start, as sshd's
 * before authentication: a filter kills for what a handler needs, or with "some"
 * for other calls of an agent alone; with "threads" beside another thread. "deaths"
 * is answered with how many children did not end by themselves, "count" with how
 * many have ended so far. "exec": a child gets a filter that kills for what is asked
 * before an exec, another filter, and executes another program, which is answered
 * with its status.
 */
#include "../target.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

static volatile int zero;

ATTR int work(int wait)
{
	return 1 + zero + (wait && zero);
}

static const long allowed[] = {
	SYS_brk, SYS_clock_gettime, SYS_close, SYS_exit, SYS_exit_group, SYS_futex,
	SYS_getpid, SYS_gettid, SYS_madvise, SYS_mmap, SYS_mremap, SYS_munmap,
	SYS_nanosleep, SYS_clock_nanosleep, SYS_poll, SYS_read, SYS_rt_sigprocmask,
	SYS_write, SYS_rt_sigreturn,
};

#define COUNT (sizeof(allowed) / sizeof(allowed[0]))

static void confine(bool returns, bool raw)
{
	struct sock_filter code[2 * COUNT + 2];
	struct sock_fprog program = {0, code};

	code[program.len++] = (struct sock_filter)BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < COUNT - !returns; i++) {
		code[program.len++] = (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, (unsigned int)allowed[i], 0, 1);
		code[program.len++] = (struct sock_filter)BPF_STMT(
			BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	}
	code[program.len++] = (struct sock_filter)BPF_STMT(
		BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    (raw ? syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program)
		 : prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)))
		die("seccomp");
}

static void forbid(long number)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned int)number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {4, code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		die("seccomp");
}

static int confined_exec(long number)
{
	char *words[] = {"true", NULL}, *none[] = {NULL};
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		forbid(number);
		forbid(SYS_reboot);
		execve("/bin/missing", words, none);
		execve("/bin/true", words, none);
		die("exec");
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		die("child");
	return status;
}

static void churn(unsigned int rounds)
{
	for (unsigned int i = 0; i < rounds; i++)
		free(malloc(64 + i % 64));
}

static void *sleep_ever(void *unused)
{
	for (;;)
		pause();
	return unused;
}

static bool some, threads;

static void child(unsigned int number)
{
	pthread_t thread;

	if (threads && pthread_create(&thread, NULL, sleep_ever, NULL))
		die("pthread_create");
	churn(number * 7919 % 40000);
	confine(some, number % 2);
	churn(20000);
	usleep(1000);
	_exit(work(0) < 1);
}

static volatile int deaths, count, last;

static void *serve(void *unused)
{
	for (unsigned int number = 0;; number++) {
		pid_t pid = fork();
		int status;

		if (pid == 0)
			child(number);
		if (pid < 0 || waitpid(pid, &status, 0) != pid)
			die("child");
		deaths += status != 0;
		last = status ? status : last;
		count++;
	}
	return unused;
}

int main(int argc, char **argv)
{
	const struct rlimit none = {0, 0}; /* no core files */
	pthread_t thread;
	char line[64];

	for (int i = 1; i < argc; i++) {
		some |= !strcmp(argv[i], "some");
		threads |= !strcmp(argv[i], "threads");
	}
	setrlimit(RLIMIT_CORE, &none);
	if (pthread_create(&thread, NULL, serve, NULL))
		die("pthread_create");
	while (next(line, sizeof(line))) {
		if (!strcmp(line, "deaths"))
			say(deaths ? "%d, the last with status %#x" : "%d", deaths, last);
		else if (!strcmp(line, "count"))
			say("%d", count);
		else if (!strncmp(line, "exec ", 5))
			say("%d", confined_exec(atol(line + 5)));
		else if (!strcmp(line, "call"))
			say("%d", work(0));
		else
			die("no such command");
	}
	return 0;
}

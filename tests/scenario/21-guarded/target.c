/*
 * A program that confines itself to reading and writing and ends; with "child", a
 * child of it does. The status is the version of work(), or 99 if the child did not
 * end by itself.
 */
#include "../target.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

static volatile int zero;

ATTR int work(int wait)
{
	return 1 + zero + (wait && zero);
}

static void confine(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_read, 4, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_write, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_rt_sigreturn, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		die("seccomp");
}

int main(int argc, char **argv)
{
	const struct rlimit none = {0, 0}; /* no core files */
	int status;
	pid_t pid;

	setrlimit(RLIMIT_CORE, &none);
	if (argc > 1 && !strcmp(argv[1], "child")) {
		pid = fork();
		if (pid == 0) {
			confine();
			exit(0);
		}
		if (waitpid(pid, &status, 0) != pid || status)
			return 99;
	} else {
		confine();
	}
	exit(work(0));
}

/*
 * harden COMMAND...: start it as systemd starts a service with
 * MemoryDenyWriteExecute=, RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX,
 * LockPersonality=, NoNewPrivileges= and SystemCallFilter=~@privileged
 * @resources (some of these): the same filters, as far as they matter here.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOAD(field) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define IS(value, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skip)
#define REFUSE(error) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (error))
#define BITS(nr, arg, bits)                                                    \
	LOAD(nr_), IS(nr, 4), LOAD(args[arg]),                                 \
	BPF_STMT(BPF_ALU | BPF_AND | BPF_K, bits), IS(bits, 1), REFUSE(EPERM)
#define nr_ nr
#define NEVER(number) LOAD(nr_), IS(number, 1), REFUSE(EPERM)

int main(int argc, char **argv)
{
	struct sock_filter list[] = {
		BITS(SYS_mmap, 2, PROT_WRITE | PROT_EXEC),
		BITS(SYS_mprotect, 2, PROT_EXEC),
		BITS(SYS_pkey_mprotect, 2, PROT_EXEC),
		BITS(SYS_shmat, 2, SHM_EXEC),
		LOAD(nr_), IS(SYS_socket, 5), LOAD(args[0]),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_UNIX, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET6, 1, 0),
		REFUSE(EAFNOSUPPORT),
		NEVER(SYS_personality), NEVER(SYS_setpriority), NEVER(SYS_mount),
		NEVER(SYS_sched_setscheduler), NEVER(SYS_prlimit64),
		NEVER(SYS_ptrace), NEVER(SYS_chroot), NEVER(SYS_unshare),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog code = {sizeof(list) / sizeof(list[0]), list};

	if (argc < 2 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &code) != 0) {
		perror("harden");
		return 125;
	}
	execvp(argv[1], argv + 1);
	perror(argv[1]);
	return 127;
}

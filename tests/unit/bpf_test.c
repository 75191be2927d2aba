/*
 * bpf_test.c - filters say here what they say in the kernel.
 *
 * Called by:  tests/run.
 * Runs on:    command; children that confine themselves.
 * Locks:      none.
 * Signal:     unsafe.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <linux/audit.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/bpf.h"

#define S(code, k) ((struct sock_filter)BPF_STMT(code, k))
#define J(code, k, t, f) ((struct sock_filter)BPF_JUMP(code, k, t, f))
#define ARG(n) (unsigned int)(offsetof(struct seccomp_data, args) + 8 * (n))
#define ROUNDS 300

/* Install the program in a child and make a call there; the error number that
 * the filter gave, 0 for none, -1 if the kernel did not take the program. */
static int kernel_says(struct sock_filter *code, unsigned short count, long a,
		       long b)
{
	struct sock_fprog program = {count, code};
	int status;
	pid_t child = fork();

	if (child == 0) {
		long rc;

		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
		    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
			_exit(255);
		rc = syscall(SYS_getppid, a, b);
		_exit(rc < 0 ? errno & 127 : 0);
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		return 127; /* killed: a division by zero */
	cr_assert(WIFEXITED(status));
	return WEXITSTATUS(status) == 255 ? -1 : WEXITSTATUS(status);
}

static int we_say(const struct sock_filter *code, size_t count, long a, long b)
{
	struct seccomp_data data = {
		.nr = SYS_getppid, .arch = AUDIT_ARCH_X86_64,
		.args = {(uint64_t)a, (uint64_t)b}};
	uint32_t answer = bpf_run(code, count, &data);

	if (answer == SECCOMP_RET_KILL_THREAD)
		return 127;
	cr_assert((answer & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO ||
		  answer == SECCOMP_RET_ALLOW);
	return answer == SECCOMP_RET_ALLOW ? 0 : (int)(answer & 127);
}

/* Other calls pass; getppid gets an error number that `middle` computes. */
static size_t wrap(struct sock_filter *code, const struct sock_filter *middle,
		   size_t count)
{
	size_t n = 0;

	code[n++] = S(BPF_LD | BPF_W | BPF_ABS, 0);
	code[n++] = J(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 1, 0);
	code[n++] = S(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	memcpy(code + n, middle, count * sizeof(*code));
	n += count;
	code[n++] = S(BPF_ALU | BPF_AND | BPF_K, 63);
	code[n++] = S(BPF_ALU | BPF_ADD | BPF_K, 1);
	code[n++] = S(BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ERRNO);
	code[n++] = S(BPF_RET | BPF_A, 0);
	return n;
}

static unsigned int dice(unsigned int *seed, unsigned int sides)
{
	*seed = *seed * 1103515245 + 12345;
	return (*seed >> 16) % sides;
}

static struct sock_filter any_statement(unsigned int *seed)
{
	static const unsigned short alu[] = {BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV,
					     BPF_AND, BPF_OR, BPF_XOR, BPF_LSH,
					     BPF_RSH, BPF_NEG};
	static const unsigned short jumps[] = {BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET};
	unsigned short from = dice(seed, 2) ? BPF_X : BPF_K;
	unsigned short op = alu[dice(seed, 10)];

	switch (dice(seed, 8)) {
	case 0: return S(BPF_LD | BPF_W | BPF_ABS, ARG(dice(seed, 2)));
	case 1: return S(BPF_LDX | BPF_W | BPF_IMM, dice(seed, 50) + 1);
	case 2: return S((unsigned short)(BPF_MISC |
					  (dice(seed, 2) ? BPF_TAX : BPF_TXA)), 0);
	case 3: return S(BPF_ST, dice(seed, 3));
	case 4: return S(BPF_LD | BPF_W | BPF_LEN, 0);
	case 5:
		return J((unsigned short)(BPF_JMP | jumps[dice(seed, 4)] | from),
			 dice(seed, 40), (unsigned char)dice(seed, 2),
			 (unsigned char)dice(seed, 2));
	default:
		/* Shifts by 32 or more are refused in constants. */
		return S((unsigned short)(BPF_ALU | op | (op == BPF_NEG ? 0 : from)),
			 dice(seed, 31) + 1);
	}
}

Test(bpf, as_the_kernel)
{
	unsigned int seed = 7, taken = 0, answers = 0;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		struct sock_filter middle[12], code[32];
		long a = dice(&seed, 64), b = dice(&seed, 1000);
		size_t count;
		int kernel;

		for (size_t k = 0; k < 11; k++)
			middle[k] = any_statement(&seed);
		middle[11] = S(BPF_MISC | BPF_TAX, 0); /* jumps may lead here */
		count = wrap(code, middle, 12);
		kernel = kernel_says(code, (unsigned short)count, a, b);
		if (kernel < 0)
			continue;
		taken++;
		answers |= 1u << (kernel & 31);
		cr_assert_eq(we_say(code, count, a, b), kernel, "program %u", i);
	}
	cr_assert_gt(taken, ROUNDS / 2);
	cr_assert_gt(__builtin_popcount(answers), 8, "they differ");
}

Test(bpf, hostile)
{
	struct seccomp_data data = {0};
	const struct sock_filter bad[] = {
		S(BPF_LD | BPF_W | BPF_ABS, 64), S(BPF_LD | BPF_W | BPF_ABS, 2),
		S(BPF_LD | BPF_W | BPF_IND, 0), S(BPF_ST, 16),
		S(BPF_LD | BPF_MEM, 16), S(BPF_JMP | BPF_JA, 0xffffffff),
		S(BPF_STX, 0xffffffff), S(BPF_ALU | 0xd0, 0),
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert_eq(bpf_run(&bad[i], 1, &data), SECCOMP_RET_KILL_PROCESS,
			     "program %zu", i);
	cr_assert_eq(bpf_run(NULL, 0, &data), SECCOMP_RET_KILL_PROCESS);
}

Test(bpf, graver)
{
	cr_assert_eq(bpf_graver(SECCOMP_RET_ALLOW, SECCOMP_RET_KILL_PROCESS),
		     SECCOMP_RET_KILL_PROCESS);
	cr_assert_eq(bpf_graver(SECCOMP_RET_KILL_THREAD, SECCOMP_RET_KILL_PROCESS),
		     SECCOMP_RET_KILL_PROCESS);
	cr_assert_eq(bpf_graver(SECCOMP_RET_ERRNO | 5, SECCOMP_RET_TRAP),
		     SECCOMP_RET_TRAP);
	cr_assert_eq(bpf_graver(SECCOMP_RET_ALLOW, SECCOMP_RET_LOG),
		     SECCOMP_RET_LOG);
}

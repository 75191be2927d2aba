/*
 * One thread that waits all the time with every register filled, and looks
 * what has become of them. After each wait: the result is that of a time-out,
 * it took its time, and no register has changed but those that the kernel
 * changes (rax, rcx, r11).
 *
 *   any line -> "ok", or what was wrong
 *
 * With a folder as its argument it has locked itself into that, as nobody.
 */
#include "../target.h"

#include <grp.h>

static char wrong[200];
static unsigned char before[16][32], after[16][32];
static uint64_t general[16];

/* poll(2) with known values everywhere. noipa: unwound like any function. */
ATTR static long wait_full(struct pollfd *fds, long count, long limit)
{
	long result;
	register uint64_t r8 __asm__("r8") = 0x8888888888888888;
	register uint64_t r9 __asm__("r9") = 0x9999999999999999;
	register uint64_t r10 __asm__("r10") = 0x1010101010101010;
	register uint64_t r12 __asm__("r12") = 0x1212121212121212;
	register uint64_t r13 __asm__("r13") = 0x1313131313131313;
	register uint64_t r14 __asm__("r14") = 0x1414141414141414;
	register uint64_t r15 __asm__("r15") = 0x1515151515151515;
	uint64_t rbx = 0xb0b0b0b0b0b0b0b0;

	__asm__ volatile(
		"movq %[before], %%r11\n\t"
		"vmovdqu 0(%%r11), %%ymm0\n\t"
		"vmovdqu 32(%%r11), %%ymm1\n\t"
		"vmovdqu 64(%%r11), %%ymm2\n\t"
		"vmovdqu 480(%%r11), %%ymm15\n\t"
		"fldpi\n\t"
		"movl $7, %%eax\n\t"
		"syscall\n\t"
		"fstpt general+64(%%rip)\n\t"
		"movq %[after], %%r11\n\t"
		"vmovdqu %%ymm0, 0(%%r11)\n\t"
		"vmovdqu %%ymm1, 32(%%r11)\n\t"
		"vmovdqu %%ymm2, 64(%%r11)\n\t"
		"vmovdqu %%ymm15, 480(%%r11)\n\t"
		: "=&a"(result), "+b"(rbx), "+r"(r8), "+r"(r9), "+r"(r10),
		  "+r"(r12), "+r"(r13), "+r"(r14), "+r"(r15)
		: "D"(fds), "S"(count), "d"(limit), [before] "m"(*(void *[]){before}),
		  [after] "m"(*(void *[]){after})
		: "rcx", "r11", "memory", "xmm0", "xmm1", "xmm2", "xmm15", "st");
	general[0] = rbx ^ 0xb0b0b0b0b0b0b0b0;
	general[1] = r8 ^ 0x8888888888888888;
	general[2] = r9 ^ 0x9999999999999999;
	general[3] = r10 ^ 0x1010101010101010;
	general[4] = r12 ^ 0x1212121212121212;
	general[5] = r13 ^ 0x1313131313131313;
	general[6] = r14 ^ 0x1414141414141414;
	general[7] = r15 ^ 0x1515151515151515;
	return result;
}

static void look(long result, double took, long limit)
{
	static const int used[] = {0, 1, 2, 15};
	long double pi;
	sigset_t mask;

	memcpy(&pi, &general[8], 10);
	if (result < 0)
		snprintf(wrong, sizeof(wrong), "poll returned %ld", result);
	if (result == 0 && took < (double)limit / 1e3 - 1e-4)
		snprintf(wrong, sizeof(wrong), "poll took %f s", took);
	for (int i = 0; i < 8; i++)
		if (general[i])
			snprintf(wrong, sizeof(wrong), "general register %d", i);
	for (int i = 0; i < 4; i++)
		if (memcmp(before[used[i]], after[used[i]], 32))
			snprintf(wrong, sizeof(wrong), "ymm%d", used[i]);
	if (pi < 3.14L || pi > 3.15L)
		snprintf(wrong, sizeof(wrong), "x87 register");
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	for (int i = 1; i < 64; i++)
		if (sigismember(&mask, i) != (i == SIGUSR2))
			snprintf(wrong, sizeof(wrong), "signal mask: %d", i);
}

int main(int argc, char **argv)
{
	struct pollfd in = {0, POLLIN, 0};
	sigset_t mask;
	char line[64];

	if (argc > 1 && (chroot(argv[1]) || chdir("/") || setgroups(0, NULL) ||
			 setgid(65534) || setuid(65534)))
		die("jail");
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR2);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	for (size_t i = 0; i < sizeof(before); i++)
		before[i / 32][i % 32] = (unsigned char)(i * 7 + 1);
	say("ready");
	for (;;) {
		long limit = 3;
		double begin = now();
		long result = wait_full(&in, 1, limit);

		look(result, now() - begin, limit);
		if (result > 0) {
			if (!next(line, sizeof(line)))
				return wrong[0] ? 1 : 0;
			say("%s", wrong[0] ? wrong : "ok");
		}
	}
}

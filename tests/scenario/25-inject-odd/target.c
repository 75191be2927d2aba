/*
 * Programs that are put together in odd ways: target KIND. Says "ready"; any line is
 * answered with the version of work().
 *
 *   maps N    N mappings of its own
 *   loads     four threads load and unload a library without a pause: argv[2]
 *   storm     four threads make threads without a pause
 *   alarms    a timer's signal each 200 us, on an alternate stack
 *   limits N  such signals end its calls with EINTR: read(2), or, of N = 1,
 *             epoll_wait(2); no answer if a call went on instead
 *   altstack  an alternate signal stack of the least size
 *   clone     its first thread lives in malloc, and one that clone(2) has made, with
 *             the first one's thread-local data, answers
 *   clone0    the same with thread-local data that are all zero
 *   notify    a filter hands memfd_create(2) to a supervisor, which never answers
 *   masked    each thread has blocked all signals by a system call of its own
 */
#include "../target.h"

#include <dlfcn.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <ucontext.h>

static volatile int zero;

ATTR int work(int wait)
{
	return 1 + zero + (wait && zero);
}

static void answer(void)
{
	char line[64];

	say("ready");
	while (next(line, sizeof(line)))
		say("%d", work(0));
	_exit(0);
}

static void map(size_t count)
{
	char *at = mmap(NULL, count * 8192, PROT_NONE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	for (size_t i = 0; i < count; i++)
		if (mprotect(at + i * 8192, 4096, PROT_READ))
			die("mprotect");
}

static void *load(void *path)
{
	for (;;) {
		void *library = dlopen(path, RTLD_NOW);

		if (!library)
			die(dlerror());
		dlclose(library);
	}
	return NULL;
}

static void *make_threads(void *then)
{
	pthread_t thread;

	for (;;)
		if (pthread_create(&thread, NULL, then, NULL) == 0)
			pthread_join(thread, NULL);
	return NULL;
}

static void *end(void *unused)
{
	return unused;
}

static long call(long number, long a, long b, long c)
{
	__asm__ volatile("syscall" : "+a"(number) : "D"(a), "S"(b), "d"(c)
			 : "rcx", "r11", "memory");
	return number;
}

/* Without a function of libc: it has none of its own data. */
static int answer_bare(void *unused)
{
	struct pollfd in = {0, POLLIN, 0};
	char text[] = "0\n", c;

	(void)unused;
	for (;;) {
		call(SYS_poll, (long)&in, 1, -1);
		do
			if (call(SYS_read, 0, (long)&c, 1) != 1)
				call(SYS_exit_group, 0, 0, 0);
		while (c != '\n');
		text[0] = (char)('0' + work(0));
		call(SYS_write, 1, (long)text, 2);
	}
	return 0;
}

static void live_in_malloc(void)
{
	for (;;) {
		void *volatile kept = malloc(100);

		free(kept);
	}
}

static void make_bare(int flags)
{
	static char stack[65536], data[8192];

	say("ready");
	if (clone(answer_bare, stack + sizeof(stack),
		  CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
		  CLONE_SYSVSEM | flags, NULL, NULL, data + sizeof(data) / 2) < 0)
		die("clone");
	live_in_malloc();
}

static void notify(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_memfd_create, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {4, code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		    SECCOMP_FILTER_FLAG_NEW_LISTENER, &program) < 0)
		die("seccomp");
}

static void block_all(void)
{
	const uint64_t all = ~0ull;

	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, 8);
}

static void *sleep_masked(void *unused)
{
	block_all();
	for (;;)
		poll(NULL, 0, -1);
	return unused;
}

static volatile unsigned long alarms;

static void on_alarm(int number)
{
	(void)number;
	alarms++;
}

/* poll(2) is not restarted after a handler, read(2) is. */
static void answer_alarmed(void)
{
	static char area[65536];
	const stack_t stack = { .ss_sp = area, .ss_size = sizeof(area) };
	const struct sigaction action = { .sa_handler = on_alarm,
					  .sa_flags = SA_RESTART | SA_ONSTACK };
	const struct itimerval often = {{0, 200}, {0, 200}};
	char c;

	sigaltstack(&stack, NULL);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	say("ready");
	while (read(0, &c, 1) == 1)
		if (c == '\n')
			say("%d", alarms ? work(0) : 0);
	_exit(0);
}

extern const char after_call[] __attribute__((visibility("hidden")));
static volatile unsigned long ended, went_on;

static __attribute__((noinline, noclone)) long wait_for(long number, long a, long b,
							 long c, long d)
{
	register long r10 __asm__("r10") = d;

	__asm__ volatile("syscall\n.globl after_call\nafter_call:"
			 : "+a"(number) : "D"(a), "S"(b), "d"(c), "r"(r10)
			 : "rcx", "r11", "memory");
	return number;
}

static void on_limit(int number, siginfo_t *info, void *context)
{
	const greg_t *g = ((ucontext_t *)context)->uc_mcontext.gregs;

	(void)number, (void)info;
	if (g[REG_RIP] == (greg_t)(uintptr_t)after_call)
		ended++;
	else if (g[REG_RIP] == (greg_t)(uintptr_t)after_call - 2)
		went_on++; /* or was not begun: that is rare */
}

static void answer_limited(bool by_epoll)
{
	const struct sigaction action = { .sa_sigaction = on_limit,
					  .sa_flags = SA_SIGINFO };
	const struct itimerval often = {{0, 200}, {0, 200}};
	struct epoll_event event = { .events = EPOLLIN };
	int epoll = epoll_create1(0);
	char c;

	epoll_ctl(epoll, EPOLL_CTL_ADD, 0, &event);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	say("ready");
	for (;;) {
		if (by_epoll && wait_for(SYS_epoll_wait, epoll, (long)&event, 1, -1) != 1)
			continue;
		switch (wait_for(SYS_read, 0, (long)&c, 1, 0)) {
		case 0:
			_exit(0);
		case 1:
			if (c == '\n')
				say("%d", ended && went_on < 2 ? work(0) : 0);
		}
	}
}

int main(int argc, char **argv)
{
	const char *kind = argc > 1 ? argv[1] : "";
	static char area[2048];
	const stack_t least = { .ss_sp = area, .ss_size = sizeof(area) };
	pthread_t thread;

	if (!strcmp(kind, "maps"))
		map((size_t)atol(argv[2]));
	for (int i = 0; i < 4 && !strcmp(kind, "loads"); i++)
		pthread_create(&thread, NULL, load, argv[2]);
	for (int i = 0; i < 4 && !strcmp(kind, "storm"); i++)
		pthread_create(&thread, NULL, make_threads, end);
	if (!strcmp(kind, "altstack") && sigaltstack(&least, NULL))
		die("sigaltstack");
	if (!strcmp(kind, "alarms"))
		answer_alarmed();
	if (!strcmp(kind, "limits"))
		answer_limited(argv[2][0] == '1');
	if (!strcmp(kind, "clone"))
		make_bare(0);
	if (!strcmp(kind, "clone0"))
		make_bare(CLONE_SETTLS);
	if (!strcmp(kind, "notify"))
		notify();
	if (!strcmp(kind, "masked")) {
		if (argc > 2)
			pthread_create(&thread, NULL, sleep_masked, NULL);
		block_all();
	}
	answer();
}

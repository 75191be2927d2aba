/*
 * Threads that block every signal, each in another way. With an argument their
 * sets have the bits, too, that sigfillset(3) leaves out: those of libc's signals.
 *
 *   start KIND -> "started"; the thread waits as its kind does, outside of
 *                 work(), and shows that it lives by a counter
 *   ready      -> how many threads have come to their wait
 *   call       -> result of work() here
 *   stop       -> what the threads found wrong
 */
#include <aio.h>
#include <setjmp.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <ucontext.h>

#include "target.h"

static volatile int stop;
static int ready;
static const char *volatile wrong = "nothing";
static volatile int zero;

ATTR int work(int value)
{
	return value + 1 + zero;
}

static void is_ready(void)
{
	__atomic_add_fetch(&ready, 1, __ATOMIC_RELAXED);
}

static void nap(void)
{
	struct timespec t = { 0, 20000000 };

	if (nanosleep(&t, NULL))
		wrong = "nanosleep";
}

static void rest(void)
{
	is_ready();
	while (!stop)
		nap();
}

static void spin(void)
{
	is_ready();
	while (!stop)
		for (volatile int i = 0; i < 1000; i++)
			;
}

static int bits;

static sigset_t full(void)
{
	sigset_t set;

	if (bits)
		memset(&set, 0xff, sizeof(set));
	else
		sigfillset(&set);
	return set;
}

static void block_all(void)
{
	sigset_t set = full();

	if (pthread_sigmask(SIG_SETMASK, &set, NULL))
		wrong = "pthread_sigmask";
}

static void run_sleep(void) { block_all(); rest(); }
static void run_spin(void) { block_all(); spin(); }

static void run_sigprocmask(void)
{
	for (int i = 1; i <= 64; i++) {
		sigset_t one;

		sigemptyset(&one);
		sigaddset(&one, i);
		sigprocmask(SIG_BLOCK, &one, NULL);
	}
	rest();
}

static volatile int in_handler;
static void stay(int number) { (void)number; in_handler = 1; rest(); }
static void run_handler(void)
{
	struct sigaction action = { .sa_handler = stay, .sa_mask = full() };

	sigaction(SIGUSR1, &action, NULL);
	pthread_kill(pthread_self(), SIGUSR1);
}

static void run_signalfd(void)
{
	struct signalfd_siginfo info;
	sigset_t set = full();
	int fd;

	block_all();
	fd = signalfd(-1, &set, SFD_CLOEXEC);
	is_ready();
	for (;;) {
		if (read(fd, &info, sizeof(info)) != sizeof(info))
			wrong = "signalfd read";
		if (info.ssi_signo == SIGUSR2)
			break;
		wrong = "signalfd saw another signal";
	}
	close(fd);
}

static void run_sigwaitinfo(void)
{
	sigset_t set = full();
	siginfo_t info;

	block_all();
	is_ready();
	if (sigwaitinfo(&set, &info) != SIGUSR2)
		wrong = "sigwaitinfo";
}

static void run_sigwait(void)
{
	sigset_t set = full();
	int number = 0;

	block_all();
	is_ready();
	if (sigwait(&set, &number) || number != SIGUSR2)
		wrong = "sigwait";
}

static void run_sigtimedwait(void)
{
	struct timespec t = { 0, 20000000 };
	sigset_t set = full();

	block_all();
	is_ready();
	while (!stop)
		if (sigtimedwait(&set, NULL, &t) > 0 && !stop)
			wrong = "sigtimedwait saw a signal";
}

static void run_pselect(void)
{
	struct timespec t = { 0, 20000000 };
	sigset_t set = full();

	is_ready();
	while (!stop)
		if (pselect(0, NULL, NULL, NULL, &t, &set))
			wrong = "pselect";
}

static void run_ppoll(void)
{
	struct timespec t = { 0, 20000000 };
	sigset_t set = full();

	is_ready();
	while (!stop)
		if (ppoll(NULL, 0, &t, &set))
			wrong = "ppoll";
}

static void run_epoll(void)
{
	int fd = epoll_create1(EPOLL_CLOEXEC);
	sigset_t set = full();
	struct epoll_event event;

	is_ready();
	while (!stop)
		if (epoll_pwait(fd, &event, 1, 20, &set))
			wrong = "epoll_pwait";
	close(fd);
}

static void on_usr2(int number) { (void)number; }
static void run_sigsuspend(void)
{
	struct sigaction action = { .sa_handler = on_usr2 };
	sigset_t set = full();

	sigaction(SIGUSR2, &action, NULL);
	block_all();
	sigdelset(&set, SIGUSR2);
	is_ready();
	if (sigsuspend(&set) != -1 || errno != EINTR)
		wrong = "sigsuspend";
}

/* The mask comes back by a jump, or with a context, not by sigprocmask. */
static void run_siglongjmp(void)
{
	sigset_t set = full(), none;
	sigjmp_buf place;

	block_all();
	if (sigsetjmp(place, 1) == 0) {
		sigemptyset(&none);
		pthread_sigmask(SIG_SETMASK, &none, NULL);
		pthread_sigmask(SIG_SETMASK, &set, NULL);
		siglongjmp(place, 1);
	}
	rest();
}

static __thread ucontext_t back, there;
static void run_context(void)
{
	static char stack[65536];

	getcontext(&there);
	there.uc_stack.ss_sp = stack;
	there.uc_stack.ss_size = sizeof(stack);
	there.uc_link = &back;
	sigfillset(&there.uc_sigmask);
	makecontext(&there, rest, 0);
	swapcontext(&back, &there);
}

/* Past the C library: this cannot be seen, and nothing gets through. */
static void run_raw(void)
{
	unsigned long all = ~0ul, none = 0;
	register long size __asm__("r10") = 8;
	long result;

	__asm__ volatile("syscall" : "=a"(result)
			 : "0"(SYS_rt_sigprocmask), "D"(SIG_SETMASK), "S"(&all),
			   "d"(0), "r"(size) : "rcx", "r11", "memory");
	if (result)
		wrong = "rt_sigprocmask";
	is_ready();
	while (!stop)
		for (volatile int i = 0; i < 1000; i++)
			;
	__asm__ volatile("syscall" : "=a"(result)
			 : "0"(SYS_rt_sigprocmask), "D"(SIG_SETMASK), "S"(&none),
			   "d"(0), "r"(size) : "rcx", "r11", "memory");
}

/* Threads that libc makes for itself, with all signals blocked. */
static void on_timer(union sigval value) { (void)value; work(0); }
static void run_timer_thread(void)
{
	struct itimerspec often = { { 0, 50000000 }, { 0, 50000000 } };
	struct sigevent event = { .sigev_notify = SIGEV_THREAD };
	timer_t timer;

	event.sigev_notify_function = on_timer;
	if (timer_create(CLOCK_MONOTONIC, &event, &timer) ||
	    timer_settime(timer, 0, &often, NULL))
		wrong = "timer_create";
	rest();
	timer_delete(timer);
}

static void run_aio(void)
{
	struct aiocb block = { 0 };
	const struct aiocb *list[] = { &block };
	static char byte;
	int fd[2];

	if (pipe(fd))
		die("pipe");
	block.aio_fildes = fd[0];
	block.aio_buf = &byte;
	block.aio_nbytes = 1;
	if (aio_read(&block))
		wrong = "aio_read";
	rest();
	if (write(fd[1], "x", 1) != 1)
		die("write");
	while (aio_suspend(list, 1, NULL) && errno == EINTR)
		;
	if (aio_return(&block) != 1)
		wrong = "aio_return";
}

static const struct kind {
	const char *name;
	void (*run)(void);
	int wake; /* ended by SIGUSR2 */
} kinds[] = {
	{ "sleep", run_sleep, 0 }, { "spin", run_spin, 0 },
	{ "attribute", rest, 0 }, { "sigprocmask", run_sigprocmask, 0 },
	{ "handler", run_handler, 0 }, { "signalfd", run_signalfd, 1 },
	{ "sigwaitinfo", run_sigwaitinfo, 1 }, { "sigwait", run_sigwait, 1 },
	{ "sigtimedwait", run_sigtimedwait, 0 }, { "pselect", run_pselect, 0 },
	{ "ppoll", run_ppoll, 0 }, { "epoll_pwait", run_epoll, 0 },
	{ "sigsuspend", run_sigsuspend, 1 },
	{ "siglongjmp", run_siglongjmp, 0 }, { "setcontext", run_context, 0 },
	{ "raw", run_raw, 0 }, { "timer-thread", run_timer_thread, 0 }, { "aio-thread", run_aio, 0 },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))
static struct { pthread_t id; const struct kind *kind; } threads[64];
static int used;

static void *thread_main(void *kind)
{
	((const struct kind *)kind)->run();
	return NULL;
}

static void start(const char *name)
{
	pthread_attr_t attribute;
	sigset_t set = full();

	pthread_attr_init(&attribute);
	if (!strcmp(name, "attribute"))
		pthread_attr_setsigmask_np(&attribute, &set);
	for (unsigned i = 0; i < KINDS; i++) {
		if (strcmp(kinds[i].name, name))
			continue;
		threads[used].kind = &kinds[i];
		if (pthread_create(&threads[used++].id, &attribute, thread_main,
				   (void *)(uintptr_t)&kinds[i]))
			die("pthread_create");
		say("started");
		return;
	}
	die("no such kind");
}

int main(int count, char **words)
{
	char line[64], name[32];

	(void)words;
	bits = count > 1;
	while (next(line, sizeof(line))) {
		if (sscanf(line, "start %31s", name) == 1) {
			start(name);
		} else if (!strcmp(line, "ready")) {
			say("%d", ready);
		} else if (!strcmp(line, "call")) {
			say("%d", work(0));
		} else if (!strcmp(line, "stop")) {
			stop = 1;
			for (int i = 0; i < used; i++) {
				if (threads[i].kind->wake)
					pthread_kill(threads[i].id, SIGUSR2);
				pthread_join(threads[i].id, NULL);
			}
			say("wrong: %s", wrong);
			used = ready = stop = 0;
		} else {
			die("no such command");
		}
	}
	return 0;
}

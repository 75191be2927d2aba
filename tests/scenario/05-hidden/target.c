/*
 * Tries to find out that a signal is taken, or to take it away.
 *
 * Its argument is the signal that it has to see as SIGRTMAX.
 *
 *   look  -> "nothing" or what gave the agent away
 *   call  -> result of work()
 *   take  -> as Go's runtime does: a handler of its own by a raw system call;
 *            then only the end of the input counts
 */
#include <sys/signalfd.h>

#include "target.h"

static volatile int zero, got;
static int expected;
static char line_space[1024];

ATTR int work(int value)
{
	return value + 1 + zero;
}

static void on_signal(int number) { got = number; }

static const char *look_at_reserved(void)
{
	struct sigaction action = { .sa_handler = on_signal }, old;

	if (sigaction(64, &action, NULL) != -1 || errno != EINVAL)
		return "sigaction(64) is possible";
	if (sigaction(64, NULL, &old) != -1 || errno != EINVAL)
		return "sigaction(64) can be read";
	if (signal(64, SIG_IGN) != SIG_ERR || errno != EINVAL)
		return "signal(64) is possible";
	return NULL;
}

static const char *look_at_numbers(void)
{
	struct sigaction action = { .sa_handler = on_signal };
	const char *found;
	int last = SIGRTMAX;

	if (last != expected)
		return "SIGRTMAX is another one";
	if (last < 64 && (found = look_at_reserved()))
		return found;
	if (sigaction(65, &action, NULL) != -1 || errno != EINVAL)
		return "sigaction(65)";
	if (sigaction(last, &action, NULL))
		return "SIGRTMAX cannot be used";
	got = 0;
	raise(last);
	if (got != last)
		return "SIGRTMAX does not arrive";
	signal(last, SIG_DFL);
	return NULL;
}

/* What careful programs do in a child, or at start. */
static const char *reset_all(void)
{
	struct sigaction action = { .sa_handler = SIG_DFL };
	int done = 0;

	for (int i = 1; i <= 64; i++)
		if (i != SIGKILL && i != SIGSTOP && signal(i, SIG_DFL) != SIG_ERR)
			done++;
	for (int i = 1; i < NSIG; i++)
		sigaction(i, &action, NULL);
	return done < 59 ? "signals cannot be reset" : NULL;
}

static const char *look_at_masks(void)
{
	sigset_t set, old, pending;
	int fd;

	sigfillset(&set);
	if (pthread_sigmask(SIG_BLOCK, &set, &old) ||
	    pthread_sigmask(SIG_SETMASK, NULL, &set))
		return "pthread_sigmask";
	for (int i = 1; i <= SIGRTMAX; i++)
		if (i != SIGKILL && i != SIGSTOP && i != 32 && i != 33 &&
		    !sigismember(&set, i))
			return "a signal is not blocked";
	if (sigpending(&pending))
		return "sigpending";
	for (int i = 1; i < NSIG; i++)
		if (sigismember(&pending, i))
			return "a signal is pending";
	sigfillset(&set);
	fd = signalfd(-1, &set, SFD_NONBLOCK);
	if (fd < 0)
		return "signalfd";
	if (read(fd, line_space, sizeof(line_space)) != -1 || errno != EAGAIN)
		return "signalfd has something";
	close(fd);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return NULL;
}

static const char *look_at_timers(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL };
	timer_t timer;

	event.sigev_signo = SIGRTMAX;
	if (timer_create(CLOCK_MONOTONIC, &event, &timer))
		return "timer_create with SIGRTMAX";
	timer_delete(timer);
	return NULL;
}

static const char *look(void)
{
	const char *(*const all[])(void) = { look_at_numbers, reset_all,
		look_at_masks, look_at_timers };

	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		const char *found = all[i]();

		if (found)
			return found;
	}
	return "nothing";
}

/* The kernel's struct sigaction, with libc's restorer. */
static long take(void)
{
	struct { void (*handler)(int); long flags; void (*restorer)(void); long mask; } action;
	long rc = syscall(SYS_rt_sigaction, 64, NULL, &action, 8);

	action.handler = on_signal;
	return rc ? rc : syscall(SYS_rt_sigaction, 64, &action, NULL, 8);
}

static int wait_taken(long rc)
{
	char c;

	say("%ld", rc);
	while (read(0, &c, 1) != 0)
		;
	return 0;
}

int main(int argc, char **argv)
{
	char line[64];

	expected = argc == 2 ? atoi(argv[1]) : 0;
	while (next(line, sizeof(line))) {
		if (!strcmp(line, "look"))
			say("%s", look());
		else if (!strcmp(line, "take"))
			return wait_taken(take());
		else if (!strcmp(line, "call"))
			say("%d", work(0));
		else
			die("no such command");
	}
	return 0;
}

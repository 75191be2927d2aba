/*
 * A program that lives in a signal handler, as PostgreSQL's workers do, which are
 * forked in one: target WHERE. Answers "call" with the version of work().
 *
 *   wait      the handler has interrupted a wait
 *   let-in    it has come when its signal, which was blocked and waited, was let in
 */
#include <sys/time.h>

#include "../target.h"

static volatile int zero;

ATTR int work(void)
{
	return 1 + zero;
}

static void serve(int number)
{
	char line[64];

	(void)number;
	say("ready");
	while (next(line, sizeof(line)))
		say("%d", work());
	_exit(0);
}

int main(int argc, char **argv)
{
	/* The mask does not tell that the handler runs. */
	struct sigaction action = {.sa_handler = serve, .sa_flags = SA_NODEFER};
	sigset_t set;

	sigaction(SIGUSR1, &action, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	if (argc > 1 && !strcmp(argv[1], "let-in")) {
		sigprocmask(SIG_BLOCK, &set, NULL);
		kill(getpid(), SIGUSR1);
		sigprocmask(SIG_UNBLOCK, &set, NULL);
	} else {
		struct itimerval soon = {{0, 0}, {0, 50000}};

		sigaction(SIGALRM, &action, NULL);
		setitimer(ITIMER_REAL, &soon, NULL);
		pause();
	}
	die("no signal");
}

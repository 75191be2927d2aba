/*
 * guard.c - run one test so that nothing of it outlives it.
 *
 * Called by:  tests/run: guard SECONDS COMMAND [ARGUMENT...]
 * Runs on:    command; a single thread.
 * Locks:      takes none.
 * Signal:     the handler only exists so that ppoll() returns.
 *
 * The command gets a process group of its own. Whoever of it leaves the group,
 * as a daemon does, becomes our child when its parent ends, because we are a
 * subreaper (PR_SET_CHILD_SUBREAPER, prctl(2)); so at the end all that is left
 * can be found in /proc/self/task/PID/children and killed. If the runner dies,
 * the parent-death signal makes us do the same.
 *
 * Where far more wants a processor than tests do by themselves, the limit is
 * longer in proportion.
 *
 * Exits with the command's status, 124 after a time-out, 128+N for signal N.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t asked_to_end;

static void guard_signal(int number)
{
	if (number != SIGCHLD)
		asked_to_end = 1;
}

static int64_t guard_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* Kill all children, and theirs as they become ours, until none is left. */
static void guard_sweep(pid_t group)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	kill(-group, SIGKILL);
	for (;;) {
		FILE *list = fopen(path, "re");
		int pid, status;

		while (list && fscanf(list, "%d", &pid) == 1)
			kill(pid, SIGKILL);
		if (list)
			fclose(list);
		if (waitpid(-1, &status, 0) < 0 && errno == ECHILD)
			return;
	}
}

/* How many times as much as tests themselves load the machine with, by the load
 * of the last minute (proc(5)). */
#define LOAD_USUAL 32.0
static double guard_patience(void)
{
	FILE *file = fopen("/proc/loadavg", "re");
	double load = 0;

	if (file && fscanf(file, "%lf", &load) != 1)
		load = 0;
	if (file)
		fclose(file);
	return load > LOAD_USUAL ? load / LOAD_USUAL : 1;
}

/* Wait for `pid` until `limit_ms`; the wait status, or -1 when time is up. */
static int guard_wait(pid_t pid, int64_t limit_ms, const sigset_t *unblocked)
{
	int64_t start = guard_now_ms(), end = start + limit_ms;

	while (!asked_to_end) {
		int status;
		pid_t ended = waitpid(-1, &status, WNOHANG);
		int64_t left = end - guard_now_ms();
		struct timespec wait = {left / 1000, left % 1000 * 1000000};

		if (ended == pid)
			return status;
		if (ended > 0)
			continue;
		if (left <= 0) {
			end = start + (int64_t)((double)limit_ms * guard_patience());
			if (end <= guard_now_ms())
				return -1;
			continue;
		}
		ppoll(NULL, 0, &wait, unblocked);
	}
	return -1;
}

static void guard_exec(char **command, const sigset_t *unblocked)
{
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigprocmask(SIG_SETMASK, unblocked, NULL);
	execvp(command[0], command);
	fprintf(stderr, "guard: %s: %s\n", command[0], strerror(errno));
	_exit(127);
}

int main(int argc, char **argv)
{
	static const int watched[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP};
	struct sigaction action = {.sa_handler = guard_signal};
	sigset_t blocked, unblocked;
	double seconds = argc > 2 ? atof(argv[1]) : 0;
	pid_t pid;
	int status;

	if (seconds <= 0) {
		fprintf(stderr, "usage: guard SECONDS COMMAND...\n");
		return 2;
	}
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	sigemptyset(&blocked);
	for (size_t i = 0; i < sizeof(watched) / sizeof(*watched); i++) {
		sigaction(watched[i], &action, NULL);
		sigaddset(&blocked, watched[i]);
	}
	sigprocmask(SIG_BLOCK, &blocked, &unblocked);
	pid = fork();
	if (pid < 0) {
		perror("guard: fork");
		return 1;
	}
	if (pid == 0)
		guard_exec(argv + 2, &unblocked);
	setpgid(pid, pid);
	status = guard_wait(pid, (int64_t)(seconds * 1000), &unblocked);
	guard_sweep(pid);
	if (status == -1) {
		fprintf(stderr, asked_to_end ? "guard: interrupted\n"
			: "guard: time limit of %g s exceeded\n", seconds);
		return 124;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status)
				 : 128 + WTERMSIG(status);
}

/*
 * Transfers that a signal of the program ends with the part that is done.
 *   start HOW  -> "blocked": a thread (main stays in poll) is in a write/send/recv that blocks with a part done
 *   hit  -> SIGUSR1 to that thread (handler without SA_RESTART, which takes 1.5 s)
 *   result -> what the call returned, or "-" if it is still in it
 */
#include <sys/socket.h>
#include <sys/uio.h>
#include "target.h"

static volatile int zero;
ATTR int work(int value)
{
	return value + 1 + zero;
}

static int pair[2];
static pthread_t thread;
static volatile int entered, left;
static volatile long answer;
static char *how;
static char big[4 << 20];

static void handler(int signo)
{
	struct timespec t = {1, 500000000};
	(void)signo;
	entered++;
	/* busy, as one that logs or computes */
	double end = now() + t.tv_sec + t.tv_nsec / 1e9;
	while (now() < end)
		;
	left++;
}

static void *transfer(void *unused)
{
	struct iovec parts[2] = {{big, sizeof(big) / 2}, {big + sizeof(big) / 2, sizeof(big) / 2}};
	struct msghdr m = {.msg_iov = parts, .msg_iovlen = 2};
	long n = -2;
	if (!strcmp(how, "write"))
		n = write(pair[0], big, sizeof(big));
	else if (!strcmp(how, "send"))
		n = send(pair[0], big, sizeof(big), 0);
	else if (!strcmp(how, "writev"))
		n = writev(pair[0], parts, 2);
	else if (!strcmp(how, "sendmsg"))
		n = sendmsg(pair[0], &m, 0);
	else if (!strcmp(how, "pipe"))
		n = write(pair[1], big, sizeof(big));
	else if (!strcmp(how, "recv"))
		n = recv(pair[0], big, sizeof(big), MSG_WAITALL);
	else if (!strcmp(how, "recvmsg"))
		n = recvmsg(pair[0], &m, MSG_WAITALL);
	answer = n ? n : -3;
	return unused;
}

int main(int argc, char **argv)
{
	struct sigaction act = {.sa_handler = handler};
	char line[256];

	(void)argc;
	how = argv[1];
	sigaction(SIGUSR1, &act, NULL);
	if (!strcmp(how, "pipe") ? pipe(pair) : socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		die("pair");
	while (next(line, sizeof(line))) {
		if (!strcmp(line, "start")) {
			if (!strncmp(how, "recv", 4) && write(pair[1], "abc", 3) != 3)
				die("write");
			pthread_create(&thread, NULL, transfer, NULL);
			usleep(300000);
			say(answer ? "done %ld" : "blocked", answer);
		} else if (!strcmp(line, "hit")) {
			pthread_kill(thread, SIGUSR1);
			while (!entered)
				usleep(1000);
			say("in");
		} else if (!strcmp(line, "result")) {
			double end = now() + 4;
			while (!answer && now() < end)
				usleep(10000);
			say(answer > 0 ? "part" : answer ? "failed %ld" : "-", answer);
		} else {
			say("%d", work(1));
		}
	}
	return 0;
}

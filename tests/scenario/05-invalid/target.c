/* all -> what libc's functions say to arguments that they refuse, and to odd ones */
#include <fcntl.h>
#include <setjmp.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "target.h"

#pragma GCC diagnostic ignored "-Wnonnull"

static sigjmp_buf out;
static void *none; /* NULL, that the compiler does not know of */
static void *bad = (void *)8;
extern char **environ;

static void jump(int signo)
{
	siglongjmp(out, signo);
}

/* errno is kept where nothing fails. */
#define TRY(call)                                                              \
	do {                                                                   \
		int signo_ = sigsetjmp(out, 1);                                \
		if (signo_) {                                                  \
			say(#call ": signal %d", signo_);                      \
			break;                                                 \
		}                                                              \
		errno = 77;                                                    \
		long long rc_ = (long long)(call);                             \
		say(#call ": %lld %d", rc_, errno);                            \
	} while (0)

static void signals(void)
{
	struct sigaction act = {.sa_handler = SIG_IGN}, old;
	struct timespec zero = {0, 0}, minus = {-1, 0};
	siginfo_t info;
	sigset_t set, was;
	int signo;

	for (int n = -1; n < 68; n++) {
		if (n == SIGSEGV || (n > 60 && n < 65)) /* one is the agent's */
			continue;
		say("%d", n);
		TRY(sigaction(n, none, &old));
		TRY(sigaction(n, &act, none));
		TRY(signal(n, SIG_DFL) == SIG_ERR);
	}
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	for (int how = -1; how < 4; how++) {
		TRY(sigprocmask(how, &set, &was));
		TRY(sigprocmask(how, none, &was));
		TRY(pthread_sigmask(how, &set, none));
	}
	TRY(sigprocmask(SIG_BLOCK, &set, none));
	raise(SIGUSR1);
	TRY(sigwait(&set, &signo));
	TRY(sigtimedwait(&set, &info, &zero));
	TRY(sigtimedwait(&set, &info, &minus));
	TRY(sigtimedwait(none, &info, &zero));
	TRY(sigwaitinfo(none, &info));
	TRY(sigwait(none, &signo));
	TRY(sigsuspend(none));
	TRY(signalfd(-1, none, 0));
	TRY(signalfd(0, &set, 0));
	TRY(sigaltstack(none, none));
	TRY(pthread_sigmask(SIG_UNBLOCK, &set, none));
}

static void waits(void)
{
	struct timespec zero = {0, 0}, minus = {-1, 0}, much = {0, 1000000000};
	struct epoll_event event;
	int epoll = epoll_create1(0);

	TRY(poll(none, 1, 0));
	TRY(ppoll(none, 0, &minus, none));
	TRY(ppoll(none, 0, bad, none));
	TRY(pselect(-1, none, none, none, &zero, none));
	TRY(pselect(0, none, none, none, &much, none));
	TRY(epoll_wait(epoll, &event, 0, 1));
	TRY(epoll_wait(0, &event, 1, 1));
	TRY(epoll_pwait(epoll, &event, 1, 1, none));
	TRY(nanosleep(none, none));
	TRY(nanosleep(&much, none));
	TRY(nanosleep(&zero, none));
	for (int clock = -1; clock < 12; clock++) {
		TRY(clock_nanosleep(clock, 0, &zero, none));
		TRY(clock_nanosleep(clock, 0, &minus, none));
		TRY(clock_nanosleep(clock, 0, none, none));
		TRY(clock_nanosleep(clock, TIMER_ABSTIME, &zero, none));
	}
	TRY(syscall(-1));
	TRY(syscall(SYS_nanosleep, bad, 0));
	TRY(prctl(-1));
	TRY(prctl(PR_SET_SECCOMP, 99));
	close(epoll);
}

static void transfers(int type)
{
	char text[8];
	struct iovec io = {text, 2};
	struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1};
	int pair[2];

	if (socketpair(AF_UNIX, type, 0, pair))
		die("socketpair");
	TRY(read(-1, text, 1));
	TRY(readv(pair[0], &io, -1));
	TRY(writev(pair[0], bad, 1));
	TRY(send(pair[0], "abc", 3, 0));
	TRY(recv(pair[1], text, 8, MSG_DONTWAIT | MSG_WAITALL));
	TRY(recv(pair[1], text, 8, MSG_DONTWAIT));
	TRY(recvmsg(pair[1], none, MSG_WAITALL));
	TRY(sendmsg(pair[0], none, 0));
	m.msg_iov = bad;
	TRY(recvmsg(pair[1], &m, MSG_DONTWAIT | MSG_WAITALL));
	TRY(recvmmsg(pair[1], none, 1, MSG_DONTWAIT, none));
	TRY(setsockopt(pair[1], SOL_SOCKET, SO_RCVTIMEO, none, 0));
	TRY(accept(pair[0], none, none));
	TRY(connect(pair[0], none, 0));
	TRY(getrandom(bad, 4, 0));
	TRY(getrandom(text, 4, 999));
	close(pair[0]);
	close(pair[1]);
}

static void programs(char **words)
{
	int file = open("/bin/true", O_RDONLY | O_CLOEXEC);

	TRY(execve(none, words, environ));
	TRY(execve("/nothing", words, environ));
	TRY(execv("", words));
	TRY(execlp("no-such-program", "x", NULL));
	TRY(fexecve(-1, words, environ));
	TRY(fexecve(file, none, environ));
	TRY(fexecve(file, words, none));
	TRY(execveat(AT_FDCWD, none, words, environ, 0));
	close(file);
}

int main(int count, char **words)
{
	char line[64];

	(void)count;
	while (next(line, sizeof(line))) {
		signal(SIGSEGV, jump);
		signals();
		waits();
		transfers(SOCK_STREAM);
		transfers(SOCK_DGRAM);
		transfers(SOCK_SEQPACKET);
		programs(words);
		say("end");
	}
	return 0;
}

/*
 * One thread for each call that the kernel begins anew behind a handler with
 * SA_RESTART and ends with EINTR behind another; and the same in the main thread.
 * SIGUSR1's handler is without that flag, SIGUSR2's with it.
 *
 *   names -> all of them
 *   start -> "started", when all wait
 *   told NAME -> "RESULT ERRNO HANDLERS": what the call gave, "waits" if it still
 *                does, and how often that thread has been in a handler
 *   main  -> as "told", for a read(2) of the main thread with a time limit by
 *            alarm(2); while others wait, which let that signal in, too
 *   call  -> result of work()
 */
#include <fcntl.h>
#include <linux/futex.h>
#include <stdbool.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "target.h"

struct place {
	const char *name;
	int (*wait)(void);
	pthread_t thread;
	volatile int tid, result, error, done, handlers;
};

static volatile int zero;
static __thread struct place *own;
static int lock_fd[2];

ATTR int work(int value)
{
	return value + 1 + zero;
}

/* A pipe or a pair of sockets; `full`: nothing can be written into the second. */
static int *pair_of(bool sockets, bool full)
{
	static __thread int fd[2];
	char byte[4096] = {0};

	if (sockets ? socketpair(AF_UNIX, SOCK_STREAM, 0, fd) : pipe(fd))
		die("pipe");
	fcntl(fd[1], F_SETFL, O_NONBLOCK);
	while (full && write(fd[1], byte, sizeof(byte)) > 0)
		;
	fcntl(fd[1], F_SETFL, 0);
	return fd;
}

static int listener_make(int backlog, struct sockaddr_un *ret, socklen_t *ret_size)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (bind(fd, (void *)ret, sizeof(sa_family_t)) || listen(fd, backlog))
		die("listen");
	*ret_size = sizeof(*ret);
	getsockname(fd, (void *)ret, ret_size);
	return fd;
}

static int a_child(void)
{
	int pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	return pid;
}

static char byte[4096];
static struct iovec part = {byte, sizeof(byte)};
static struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
static uint32_t word;

static int w_read(void) { return (int)read(*pair_of(false, false), byte, 1); }
static int w_readv(void) { return (int)readv(*pair_of(false, false), &part, 1); }
static int w_write(void) { return (int)write(pair_of(false, true)[1], byte, 4096); }
static int w_writev(void) { return (int)writev(pair_of(false, true)[1], &part, 1); }
static int w_recv(void) { return (int)recv(*pair_of(true, false), byte, 1, 0); }
static int w_recvmsg(void) { return (int)recvmsg(*pair_of(true, false), &message, 0); }
static int w_send(void) { return (int)send(pair_of(true, true)[1], byte, 4096, 0); }
static int w_sendmsg(void) { return (int)sendmsg(pair_of(true, true)[1], &message, 0); }
static int w_wait4(void) { return waitpid(a_child(), NULL, 0); }
static int w_pause(void) { return pause(); }

static int w_accept(void)
{
	struct sockaddr_un name;
	socklen_t size;

	return accept(listener_make(1, &name, &size), NULL, NULL);
}

static int w_connect(void)
{
	struct sockaddr_un name;
	socklen_t size;
	int rc = 0;

	listener_make(0, &name, &size);
	while (rc == 0) /* the last finds no room */
		rc = connect(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&name, size);
	return rc;
}

static int w_waitid(void)
{
	siginfo_t info;

	return waitid(P_PID, (id_t)a_child(), &info, WEXITED);
}

static int w_flock(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", lock_fd[0]);
	flock(lock_fd[0], LOCK_EX);
	return flock(open(path, O_RDWR), LOCK_EX);
}

static int w_setlkw(void)
{
	struct flock lock = {.l_type = F_WRLCK};
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", lock_fd[1]);
	fcntl(lock_fd[1], F_OFD_SETLK, &lock);
	return fcntl(open(path, O_RDWR), F_OFD_SETLKW, &lock);
}

static int w_futex(void)
{
	return (int)syscall(SYS_futex, &word, FUTEX_WAIT, 0, NULL, NULL, 0);
}

static int w_open(void)
{
	if (mkfifo("fifo", 0600) && errno != EEXIST)
		die("mkfifo");
	return open("fifo", O_RDONLY);
}

static struct place places[] = {
#define P(name) {#name, w_##name, 0, 0, 0, 0, 0, 0}
	P(read), P(readv), P(write), P(writev), P(recv), P(recvmsg), P(send),
	P(sendmsg), P(wait4), P(waitid), P(pause), P(accept), P(connect), P(flock),
	P(setlkw), P(futex), P(open),
};
static struct place first = {"main", w_read, 0, 0, 0, 0, 0, 0};
enum { PLACES = sizeof(places) / sizeof(*places) };

static void on_signal(int number)
{
	(void)number;
	own->handlers++;
}

static void *wait_main(void *argument)
{
	struct place *p = argument;

	own = p;
	p->tid = thread_id();
	p->result = p->wait();
	p->error = errno;
	p->done = 1;
	return NULL;
}

static bool is_asleep(int tid)
{
	char path[64], text[256] = "", *end;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	fd = open(path, O_RDONLY);
	if (read(fd, text, sizeof(text) - 1) <= 0)
		die(path); /* its call has come back already */
	close(fd);
	end = strrchr(text, ')');
	return end && end[2] == 'S';
}

/* By the patch, while all threads are stopped: each gets it, or, with SIGALRM, the
 * process. */
void signals(int number);
void signals(int number)
{
	if (number == SIGALRM)
		kill(getpid(), number);
	for (int i = 0; number != SIGALRM && i < PLACES; i++)
		tgkill(getpid(), places[i].tid, number);
}

static void start(void)
{
	struct sigaction breaks = {.sa_handler = on_signal};
	struct sigaction restarts = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

	sigaction(SIGUSR1, &breaks, NULL);
	sigaction(SIGALRM, &breaks, NULL);
	sigaction(SIGUSR2, &restarts, NULL);
	for (int i = 0; i < 2; i++)
		lock_fd[i] = memfd_create("lock", 0);
	for (int i = 0; i < PLACES; i++)
		if (pthread_create(&places[i].thread, NULL, wait_main, &places[i]))
			die("pthread_create");
	for (int i = 0; i < PLACES; i++)
		while (!places[i].tid || !is_asleep(places[i].tid))
			usleep(1000);
	say("started");
}

static void tell(const struct place *p)
{
	if (p->done)
		say("%d %s %d", p->result, strerrorname_np(p->error), p->handlers);
	else
		say("waits %d", p->handlers);
}

int main(void)
{
	char line[64];

	while (next(line, sizeof(line))) {
		if (!strcmp(line, "names")) {
			for (int i = 0; i < PLACES; i++)
				say("%s", places[i].name);
			say(".");
		} else if (!strcmp(line, "start")) {
			start();
		} else if (!strcmp(line, "main")) {
			first.handlers = 0;
			wait_main(&first);
			tell(&first);
		} else if (!strcmp(line, "call")) {
			say("%d", work(0));
		} else if (!strncmp(line, "told ", 5)) {
			for (int i = 0; i < PLACES; i++)
				if (!strcmp(places[i].name, line + 5))
					tell(&places[i]);
		} else {
			die("no such command");
		}
	}
	return 0;
}

/*
 * waits.h - every way to wait in the kernel, as a table.
 *
 * A timed wait waits LIMIT seconds and returns 0 if it timed out as it says it
 * does, else errno or -1. An endless one returns 0 if it ended by what its
 * `end` does, which is called by another thread.
 */
#include <dirent.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/io_uring.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "target.h"

#define LIMIT 0.3
#define LIMIT_NS 300000000
#define LIMIT_MS 300

/* What one wait needs; made in its own thread before it waits. */
struct place {
	int fd[2];
	pid_t pid;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t cond;
	pthread_rwlock_t rwlock;
	sem_t sem;
	uint32_t word;
	volatile int ended;
	int tid;
};

static struct timespec span(void)
{
	return (struct timespec){ 0, LIMIT_NS };
}

static struct timespec until_clock(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	t.tv_nsec += LIMIT_NS;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	return t;
}

/* 0 if a call that gave `result` failed as it should. */
static int failed_with(long result, int should)
{
	if (result != -1)
		return -1;
	return errno == should ? 0 : errno;
}

/* 0 if the result is `should`. */
static int gave(long result, long should)
{
	if (result == should)
		return 0;
	return result == -1 ? errno : -1;
}

static void make_pair(struct place *p)
{
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, p->fd))
		die("socketpair");
}

static void make_pipe(struct place *p)
{
	if (pipe(p->fd))
		die("pipe");
}

static void make_sync(struct place *p)
{
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->cond, NULL);
	pthread_rwlock_init(&p->rwlock, NULL);
	sem_init(&p->sem, 0, 0);
}

static void limit_socket(int fd, int which)
{
	struct timeval t = { 0, LIMIT_MS * 1000 };

	if (setsockopt(fd, SOL_SOCKET, which, &t, sizeof(t)))
		die("setsockopt");
}

/* A listening socket in the abstract namespace: no file, no port. */
static int make_listener(struct sockaddr_un *name, socklen_t *size)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memset(name, 0, sizeof(*name));
	name->sun_family = AF_UNIX;
	*size = sizeof(sa_family_t);
	if (bind(fd, (struct sockaddr *)name, *size))
		die("bind");
	*size = sizeof(*name);
	if (getsockname(fd, (struct sockaddr *)name, size) || listen(fd, 0))
		die("listen");
	return fd;
}

static int try_connect(const struct sockaddr_un *name, socklen_t size, int flags)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | flags, 0);

	if (connect(fd, (const struct sockaddr *)name, size)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* A socket whose queue is full, so that connect() waits. */
static int make_full_listener(struct sockaddr_un *name, socklen_t *size)
{
	int fd = make_listener(name, size);

	while (try_connect(name, *size, SOCK_NONBLOCK) >= 0)
		;
	return fd;
}

static void fill(int fd)
{
	static const char zeros[65536];

	fcntl(fd, F_SETFL, O_NONBLOCK);
	while (write(fd, zeros, sizeof(zeros)) > 0)
		;
	fcntl(fd, F_SETFL, 0);
}

/* With time limit. */

static int t_poll(struct place *p)
{
	(void)p;
	return gave(poll(NULL, 0, LIMIT_MS), 0);
}
static int t_ppoll(struct place *p)
{
	struct timespec t = span();

	(void)p;
	return gave(ppoll(NULL, 0, &t, NULL), 0);
}
static int t_select(struct place *p)
{
	struct timeval t = { 0, LIMIT_MS * 1000 };

	(void)p;
	return gave(select(0, NULL, NULL, NULL, &t), 0);
}
static int t_pselect(struct place *p)
{
	struct timespec t = span();
	sigset_t none;

	(void)p;
	sigemptyset(&none);
	return gave(pselect(0, NULL, NULL, NULL, &t, &none), 0);
}
static int t_epoll(struct place *p)
{
	struct epoll_event event;
	int fd = epoll_create1(0), result;

	(void)p;
	result = gave(epoll_wait(fd, &event, 1, LIMIT_MS), 0);
	close(fd);
	return result;
}
static int t_epoll_pwait(struct place *p)
{
	struct epoll_event event;
	int fd = epoll_create1(0), result;
	sigset_t none;

	(void)p;
	sigemptyset(&none);
	result = gave(epoll_pwait(fd, &event, 1, LIMIT_MS, &none), 0);
	close(fd);
	return result;
}
static int t_epoll_pwait2(struct place *p)
{
	struct timespec t = span();
	struct epoll_event event;
	int fd = epoll_create1(0), result;

	(void)p;
	result = gave(epoll_pwait2(fd, &event, 1, &t, NULL), 0);
	close(fd);
	return result;
}
static int t_nanosleep(struct place *p)
{
	struct timespec t = span();

	(void)p;
	return gave(nanosleep(&t, NULL), 0);
}
static int t_nanosleep_rem(struct place *p)
{
	struct timespec t = span(), rest;

	(void)p;
	return gave(nanosleep(&t, &rest), 0);
}
static int t_usleep(struct place *p)
{
	(void)p;
	return gave(usleep(LIMIT_MS * 1000), 0);
}
static int t_clock_nanosleep(struct place *p)
{
	struct timespec t = span();

	(void)p;
	return clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL);
}
static int t_clock_abs(struct place *p)
{
	struct timespec t = until_clock(CLOCK_MONOTONIC);

	(void)p;
	return clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}
static int t_sem_timedwait(struct place *p)
{
	struct timespec t = until_clock(CLOCK_REALTIME);

	make_sync(p);
	return failed_with(sem_timedwait(&p->sem, &t), ETIMEDOUT);
}
static int t_cond_timedwait(struct place *p)
{
	struct timespec t = until_clock(CLOCK_REALTIME);
	int result;

	make_sync(p);
	pthread_mutex_lock(&p->lock);
	result = pthread_cond_timedwait(&p->cond, &p->lock, &t);
	pthread_mutex_unlock(&p->lock);
	return result == ETIMEDOUT ? 0 : result ? result : -1;
}
static int t_futex(struct place *p)
{
	struct timespec t = span();

	return failed_with(syscall(SYS_futex, &p->word, FUTEX_WAIT_PRIVATE, 0,
				   &t, NULL, 0), ETIMEDOUT);
}
static int t_futex_bitset(struct place *p)
{
	struct timespec t = until_clock(CLOCK_MONOTONIC);

	return failed_with(syscall(SYS_futex, &p->word,
				   FUTEX_WAIT_BITSET_PRIVATE, 0, &t, NULL,
				   FUTEX_BITSET_MATCH_ANY), ETIMEDOUT);
}
static int t_recv(struct place *p)
{
	int result;
	char c;

	make_pair(p);
	limit_socket(p->fd[0], SO_RCVTIMEO);
	result = failed_with(recv(p->fd[0], &c, 1, 0), EAGAIN);
	close(p->fd[0]);
	close(p->fd[1]);
	return result;
}
static int t_send(struct place *p)
{
	int result;

	make_pair(p);
	fill(p->fd[0]);
	limit_socket(p->fd[0], SO_SNDTIMEO);
	result = failed_with(send(p->fd[0], "x", 1, 0), EAGAIN);
	close(p->fd[0]);
	close(p->fd[1]);
	return result;
}
static int t_recvmmsg(struct place *p)
{
	struct mmsghdr message = { 0 };
	char c;
	struct iovec part = { &c, 1 };
	int result;

	make_pair(p);
	limit_socket(p->fd[0], SO_RCVTIMEO);
	message.msg_hdr.msg_iov = &part;
	message.msg_hdr.msg_iovlen = 1;
	result = failed_with(recvmmsg(p->fd[0], &message, 1, 0, NULL), EAGAIN);
	close(p->fd[0]);
	close(p->fd[1]);
	return result;
}
static int t_accept(struct place *p)
{
	struct sockaddr_un name;
	socklen_t size;
	int fd = make_listener(&name, &size), result;

	(void)p;
	limit_socket(fd, SO_RCVTIMEO);
	result = failed_with(accept(fd, NULL, NULL), EAGAIN);
	close(fd);
	return result;
}
static int t_connect(struct place *p)
{
	static struct sockaddr_un name;
	static socklen_t size;
	static int listener = -1;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), result;

	(void)p;
	if (listener < 0)
		listener = make_full_listener(&name, &size);
	limit_socket(fd, SO_SNDTIMEO);
	result = failed_with(connect(fd, (struct sockaddr *)&name, size),
			     EAGAIN);
	close(fd);
	return result;
}
/* To a port of the loopback interface whose queue is full: nobody answers. */
static int t_connect_tcp(struct place *p)
{
	static struct sockaddr_in name = { .sin_family = AF_INET };
	static socklen_t size = sizeof(name);
	static int listener = -1;
	int fd = socket(AF_INET, SOCK_STREAM, 0), result;

	(void)p;
	if (listener < 0) {
		name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		listener = socket(AF_INET, SOCK_STREAM, 0);
		if (bind(listener, (struct sockaddr *)&name, size) ||
		    getsockname(listener, (struct sockaddr *)&name, &size) ||
		    listen(listener, 0))
			die("bind");
		for (int i = 0; i < 4; i++) {
			int one = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

			connect(one, (struct sockaddr *)&name, size);
			usleep(1000);
		}
	}
	limit_socket(fd, SO_SNDTIMEO);
	result = failed_with(connect(fd, (struct sockaddr *)&name, size),
			     EINPROGRESS);
	close(fd);
	return result;
}
static int t_sigtimedwait(struct place *p)
{
	struct timespec t = span();
	sigset_t set;

	(void)p;
	sigemptyset(&set);
	sigaddset(&set, SIGWINCH);
	return failed_with(sigtimedwait(&set, NULL, &t), EAGAIN);
}
static int t_semtimedop(struct place *p)
{
	struct timespec t = span();
	struct sembuf down = { 0, -1, 0 };
	int id = semget(IPC_PRIVATE, 1, 0600), result;

	(void)p;
	result = failed_with(semtimedop(id, &down, 1, &t), EAGAIN);
	semctl(id, 0, IPC_RMID);
	return result;
}
static int t_mq(struct place *p)
{
	struct mq_attr attribute = { .mq_maxmsg = 1, .mq_msgsize = 8 };
	struct timespec t;
	char name[64], text[8];
	int result;
	mqd_t mq;

	snprintf(name, sizeof(name), "/opus-%d-%d", getpid(), p->tid);
	mq = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attribute);
	if (mq == (mqd_t)-1)
		return errno;
	mq_unlink(name);
	t = until_clock(CLOCK_REALTIME);
	result = failed_with(mq_timedreceive(mq, text, sizeof(text), NULL, &t),
			     ETIMEDOUT);
	mq_close(mq);
	return result;
}
static int t_io_uring(struct place *p)
{
	struct io_uring_params parameters = { 0 };
	struct __kernel_timespec t = { 0, LIMIT_NS };
	struct io_uring_getevents_arg more = { .ts = (uintptr_t)&t };
	int fd = (int)syscall(SYS_io_uring_setup, 4, &parameters), result;

	(void)p;
	if (fd < 0) /* not in this kernel, or forbidden: wait otherwise */
		return t_nanosleep(p);
	result = failed_with(syscall(SYS_io_uring_enter, fd, 0, 1,
				     IORING_ENTER_GETEVENTS |
				     IORING_ENTER_EXT_ARG, &more,
				     sizeof(more)), ETIME);
	close(fd);
	return result;
}

/* Without limit; each with its end. */

static int w_poll(struct place *p)
{
	struct pollfd wait = { p->fd[0], POLLIN, 0 };

	return gave(poll(&wait, 1, -1), 1);
}
static int w_ppoll(struct place *p)
{
	struct pollfd wait = { p->fd[0], POLLIN, 0 };

	return gave(ppoll(&wait, 1, NULL, NULL), 1);
}
static int w_select(struct place *p)
{
	fd_set set;

	FD_ZERO(&set);
	FD_SET(p->fd[0], &set);
	return gave(select(p->fd[0] + 1, &set, NULL, NULL, NULL), 1);
}
static int w_epoll(struct place *p)
{
	struct epoll_event event = { .events = EPOLLIN };
	int fd = epoll_create1(0), result;

	epoll_ctl(fd, EPOLL_CTL_ADD, p->fd[0], &event);
	result = gave(epoll_wait(fd, &event, 1, -1), 1);
	close(fd);
	return result;
}
static int w_read(struct place *p)
{
	char c;

	return gave(read(p->fd[0], &c, 1), 1);
}
static int w_readv(struct place *p)
{
	char c;
	struct iovec part = { &c, 1 };

	return gave(readv(p->fd[0], &part, 1), 1);
}
static int w_write(struct place *p)
{
	fill(p->fd[0]);
	return gave(write(p->fd[0], "x", 1), 1);
}
static int w_recv(struct place *p)
{
	char c;

	return gave(recv(p->fd[0], &c, 1, 0), 1);
}
static int w_recvmsg(struct place *p)
{
	char c;
	struct iovec part = { &c, 1 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

	return gave(recvmsg(p->fd[0], &message, 0), 1);
}
static void e_byte(struct place *p)
{
	if (write(p->fd[1], "x", 1) != 1)
		die("write");
}
static void e_drain(struct place *p)
{
	char space[65536];

	/* All may have been read before the other thread says that it has ended. */
	while (!p->ended)
		if (recv(p->fd[1], space, sizeof(space), MSG_DONTWAIT) < 0)
			usleep(1000);
}

static void make_terminal(struct place *p)
{
	char name[64];

	p->fd[1] = posix_openpt(O_RDWR | O_NOCTTY);
	if (p->fd[1] < 0 || grantpt(p->fd[1]) || unlockpt(p->fd[1]) ||
	    ptsname_r(p->fd[1], name, sizeof(name)))
		die("terminal");
	p->fd[0] = open(name, O_RDWR | O_NOCTTY);
}
static int w_terminal(struct place *p)
{
	char text[8];

	return gave(read(p->fd[0], text, sizeof(text)), 2);
}
static void e_terminal(struct place *p)
{
	if (write(p->fd[1], "x\n", 2) != 2)
		die("write");
}

static struct sockaddr_un accept_name, connect_name;
static socklen_t accept_size, connect_size;
static void make_accept(struct place *p)
{
	p->fd[0] = make_listener(&accept_name, &accept_size);
}
static int w_accept(struct place *p)
{
	return accept(p->fd[0], NULL, NULL) < 0 ? errno : 0;
}
static void e_accept(struct place *p)
{
	(void)p;
	if (try_connect(&accept_name, accept_size, 0) < 0)
		die("connect");
}
static void make_connect(struct place *p)
{
	p->fd[0] = make_full_listener(&connect_name, &connect_size);
}
static int w_connect(struct place *p)
{
	(void)p;
	return try_connect(&connect_name, connect_size, 0) < 0 ? errno : 0;
}
static void e_connect(struct place *p)
{
	fcntl(p->fd[0], F_SETFL, O_NONBLOCK);
	while (!p->ended) {
		if (accept(p->fd[0], NULL, NULL) < 0)
			usleep(1000);
	}
}

static int w_sem(struct place *p) { return gave(sem_wait(&p->sem), 0); }
static void e_sem(struct place *p) { sem_post(&p->sem); }
static int w_cond(struct place *p)
{
	int result = 0;

	pthread_mutex_lock(&p->lock);
	while (!p->word && !result)
		result = pthread_cond_wait(&p->cond, &p->lock);
	pthread_mutex_unlock(&p->lock);
	return result;
}
static void e_cond(struct place *p)
{
	pthread_mutex_lock(&p->lock);
	p->word = 1;
	pthread_cond_broadcast(&p->cond);
	pthread_mutex_unlock(&p->lock);
}
static void make_locked(struct place *p)
{
	make_sync(p);
	p->word = 1;
}
static int w_futex(struct place *p)
{
	long rc = syscall(SYS_futex, &p->word, FUTEX_WAIT_PRIVATE, 1, NULL, NULL, 0);

	/* Begun anew behind a handler, it may find the word changed already, as any
	 * that comes late does (futex(2)). */
	return rc < 0 && errno == EAGAIN ? 0 : gave(rc, 0);
}
static void e_futex(struct place *p)
{
	__atomic_store_n(&p->word, 0, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, &p->word, FUTEX_WAKE_PRIVATE, 1);
}

static int w_sigwait(struct place *p)
{
	sigset_t set;

	(void)p;
	sigemptyset(&set);
	sigaddset(&set, SIGURG);
	return gave(sigwaitinfo(&set, NULL), SIGURG);
}
static void e_sigurg(struct place *p) { pthread_kill(p->thread, SIGURG); }
static int w_pause(struct place *p)
{
	(void)p;
	/* pause ends by a handler only: by the end, and never before. */
	return failed_with(pause(), EINTR) || !p->word ? -1 : 0;
}
static int w_sigsuspend(struct place *p)
{
	sigset_t none;

	sigemptyset(&none);
	return failed_with(sigsuspend(&none), EINTR) || !p->word ? -1 : 0;
}
static void e_usr1(struct place *p)
{
	p->word = 1;
	pthread_kill(p->thread, SIGUSR1);
}

static void make_message(struct place *p)
{
	p->fd[0] = msgget(IPC_PRIVATE, 0600);
}
static int w_msgrcv(struct place *p)
{
	struct { long type; char text[4]; } message;
	int result = gave(msgrcv(p->fd[0], &message, 4, 0, 0), 2);

	msgctl(p->fd[0], IPC_RMID, NULL);
	return result;
}
static void e_msgrcv(struct place *p)
{
	struct { long type; char text[4]; } message = { 1, "x" };

	if (msgsnd(p->fd[0], &message, 2, 0))
		die("msgsnd");
}
static void make_semaphore(struct place *p)
{
	p->fd[0] = semget(IPC_PRIVATE, 1, 0600);
}
static int w_semop(struct place *p)
{
	struct sembuf down = { 0, -1, 0 };
	int result = gave(semop(p->fd[0], &down, 1), 0);

	semctl(p->fd[0], 0, IPC_RMID);
	return result;
}
static void e_semop(struct place *p)
{
	struct sembuf up = { 0, 1, 0 };

	if (semop(p->fd[0], &up, 1))
		die("semop");
}

static void make_child(struct place *p)
{
	make_pipe(p);
	p->pid = fork();
	if (p->pid == 0) {
		char c;

		close(p->fd[1]);
		_exit(read(p->fd[0], &c, 1) == 1 ? 5 : 6);
	}
}
static int w_waitpid(struct place *p)
{
	int status = 0;

	if (waitpid(p->pid, &status, 0) != p->pid)
		return errno;
	return gave(WEXITSTATUS(status), 5);
}
static int w_waitid(struct place *p)
{
	siginfo_t info;

	if (waitid(P_PID, (id_t)p->pid, &info, WEXITED))
		return errno;
	return gave(info.si_status, 5);
}
static void *until_byte(void *place)
{
	char c;

	if (read(((struct place *)place)->fd[0], &c, 1) != 1)
		die("read");
	return place;
}
static int w_join(struct place *p)
{
	pthread_t other;
	void *result = NULL;

	if (pthread_create(&other, NULL, until_byte, p) ||
	    pthread_join(other, &result))
		return errno;
	return result == p ? 0 : -1;
}

static void make_flock(struct place *p)
{
	char name[64];

	p->fd[0] = memfd_create("flock", 0);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", p->fd[0]);
	p->fd[1] = open(name, O_RDWR);
	flock(p->fd[0], LOCK_EX);
}
static int w_flock(struct place *p) { return gave(flock(p->fd[1], LOCK_EX), 0); }
static void e_flock(struct place *p) { flock(p->fd[0], LOCK_UN); }
static int w_setlkw(struct place *p)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET,
			      .l_start = 0, .l_len = 1 };

	/* Locks of one open file do not bar each other; those of two do. */
	if (fcntl(p->fd[0], F_OFD_SETLK, &lock))
		return errno;
	return gave(fcntl(p->fd[1], F_OFD_SETLKW, &lock), 0);
}
static void e_setlkw(struct place *p)
{
	struct flock lock = { .l_type = F_UNLCK, .l_whence = SEEK_SET,
			      .l_start = 0, .l_len = 1 };

	fcntl(p->fd[0], F_OFD_SETLK, &lock);
}
static void make_eventfd(struct place *p) { p->fd[0] = p->fd[1] = eventfd(0, 0); }
static int w_eventfd(struct place *p)
{
	uint64_t value;

	return gave(read(p->fd[0], &value, sizeof(value)), sizeof(value));
}
static void e_eventfd(struct place *p)
{
	uint64_t one = 1;

	if (write(p->fd[1], &one, sizeof(one)) != sizeof(one))
		die("eventfd");
}
static int w_splice(struct place *p)
{
	int null = open("/dev/null", O_WRONLY);
	int result = gave(splice(p->fd[0], NULL, null, NULL, 1, 0), 1);

	close(null);
	return result;
}

static const struct wait {
	const char *name;
	int (*wait)(struct place *place);
	void (*make)(struct place *place);
	void (*end)(struct place *place);
} waits[] = {
#define T(name) { #name, t_##name, NULL, NULL }
	T(poll), T(ppoll), T(select), T(pselect), T(epoll), T(epoll_pwait),
	T(epoll_pwait2), T(nanosleep), T(nanosleep_rem), T(usleep),
	T(clock_nanosleep), T(clock_abs), T(sem_timedwait), T(cond_timedwait),
	T(futex), T(futex_bitset), T(recv), T(send), T(recvmmsg), T(accept),
	T(connect), T(connect_tcp), T(sigtimedwait), T(semtimedop), T(mq), T(io_uring),
#undef T
#define W(name, make, end) { "endless " #name, w_##name, make_##make, e_##end }
	W(poll, pipe, byte), W(ppoll, pipe, byte), W(select, pipe, byte),
	W(epoll, pipe, byte), W(read, pipe, byte), W(readv, pipe, byte),
	W(write, pair, drain), W(recv, pair, byte), W(recvmsg, pair, byte),
	W(terminal, terminal, terminal), W(accept, accept, accept),
	W(connect, connect, connect), W(sem, sync, sem), W(cond, sync, cond),
	W(futex, locked, futex), W(sigwait, sync, sigurg),
	W(pause, sync, usr1), W(sigsuspend, sync, usr1),
	W(msgrcv, message, msgrcv), W(semop, semaphore, semop),
	W(waitpid, child, byte), W(waitid, child, byte), W(join, pipe, byte),
	W(flock, flock, flock), W(setlkw, flock, setlkw),
	W(eventfd, eventfd, eventfd), W(splice, pipe, byte),
#undef W
};
#define WAITS (sizeof(waits) / sizeof(waits[0]))

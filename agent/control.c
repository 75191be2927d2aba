/*
 * control.c - life of the control thread and its connections.
 *
 * Called by:  contact_sig.c starts it.
 * Runs on:    agent thread (it is this file that makes one).
 * Locks:      none of its own. It may wait for the host's locks (loader,
 *             malloc) while it prepares an update; nobody waits for it.
 * Signal:     control_start_sig runs in the handler.
 *
 * There is at most one control thread. It ends as soon as no connection is
 * open and no update is pending: then the process has one thread and some
 * descriptors less, and nothing of the agent runs.
 */
#include "control.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "agent.h"
#include "arch/x86_64/futex.h"
#include "arch/x86_64/valgrind.h"
#include "contact.h"
#include "descriptor.h"
#include "filter.h"
#include "gate.h"
#include "library.h"
#include "proc.h"
#include "serve.h"
#include "stop.h"
#include "stop_signal.h"
#include "unwind.h"
#include "update.h"

#define STACK_SIZE (512u << 10)

/* All signals but 32 and 33, glibc's own: setuid() of a threaded program signals
 * every thread and waits for all of them (nptl(7)); this one must answer, too. */
#define MASK (~(3ul << 31))

/* Longest sleep: a full queue of signals (RLIMIT_SIGPENDING) loses the one that
 * wakes. */
#define SLEEP_NS 1000000000u

START_DATA static pthread_attr_t control_attr;
static struct serve_client clients[SERVE_CLIENTS];

/* --- in handlers --- */

static void *control_main(void *arg);

/* No stop may find this thread between the two: it is on a stack that nobody
 * knows. */
static long control_create(void)
{
	bool kept_out = stop_keep_out_sig();
	pthread_t thread;
	long rc = EAGAIN;

	if (stop_signal_open()) {
		/* The new thread inherits this handler's mask: all others are
		 * blocked. */
		rc = pthread_create(&thread, &control_attr, control_main, NULL);
		stop_signal_shut();
	}
	stop_let_in_sig(kept_out);
	return rc;
}

/*
 * pthread_create() needs some kilobytes of stack, and where the handler runs
 * there may be few: an alternate stack of MINSIGSTKSZ, a coroutine's. So it gets
 * one of ours, which costs nothing until then. The control thread may have ended
 * again, and another be asked for, while the one that started it is still in
 * pthread_create() there: that one has to come again.
 */
int control_start_sig(void)
{
	static char stack[65536] __attribute__((aligned(16)));
	static _Atomic bool busy;
	int rc;

	/* It takes memory that it does not know as a stack for an error. */
	if (valgrind_request(VALGRIND_RUNNING, 0, 0) != 0)
		return (int)control_create();
	if (atomic_exchange(&busy, true))
		return EBUSY;
	rc = (int)raw_call_on((uintptr_t)stack + sizeof(stack), control_create);
	atomic_store(&busy, false);
	return rc;
}

/* --- connections --- */

static bool peer_allowed(int fd)
{
	struct ucred cred;
	socklen_t size = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) != 0)
		return false;
	return cred.uid == 0 || cred.uid == geteuid();
}

static bool clients_open(void)
{
	for (int i = 0; i < SERVE_CLIENTS; i++)
		if (clients[i].open)
			return true;
	return false;
}

static void client_connect(uint64_t value)
{
	static const char *const folders[] = WIRE_FOLDERS;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	uint64_t folder = WIRE_CONTACT_PLACE(value);
	socklen_t size = sizeof(address);
	int fd, length;

	if (folder >= WIRE_FOLDER_COUNT)
		return;
	length = snprintf(address.sun_path, sizeof(address.sun_path),
			  WIRE_SOCKET_FORMAT, folders[folder],
			  (unsigned long long)(value & 0xffffffffffffu));
	if (folder == WIRE_ABSTRACT) {
		/* A NUL in place of the slash, and no more than the name. */
		address.sun_path[0] = '\0';
		size = (socklen_t)offsetof(struct sockaddr_un, sun_path) +
		       (socklen_t)length;
	}
	fd = descriptor_high(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC |
						     SOCK_NONBLOCK, 0));
	if (fd < 0) {
		opus_beacon.start_error = (uint32_t)errno;
		return;
	}
	opus_beacon.start_error = 0;
	/* A repeated signal finds the socket gone already: not an error. */
	if (connect(fd, (void *)&address, size) != 0) {
		close(fd);
		return;
	}
	if (!peer_allowed(fd)) {
		log_line("refused a contact: the socket belongs to another user");
		close(fd);
		return;
	}
	for (int i = 0; i < SERVE_CLIENTS; i++)
		if (!clients[i].open) {
			/* What others were told still holds for them. */
			if (!clients_open() && !update_now.active)
				filter_know();
			serve_open(&clients[i], fd);
			return;
		}
	close(fd);
}

static bool client_free(void)
{
	for (int i = 0; i < SERVE_CLIENTS; i++)
		if (!clients[i].open)
			return true;
	return false;
}

static void clients_read(void)
{
	for (int i = 0; i < SERVE_CLIENTS; i++)
		if (clients[i].open)
			serve_read(&clients[i], clients);
}

/* Those for which there is no room wait in the queue, and opus-send with them. */
static void contacts_take(void)
{
	for (int i = 0; i < CONTACT_QUEUE && client_free(); i++) {
		uint64_t value = atomic_load(&contact_queue[i]);

		if (value == 0)
			continue;
		/* Freed only afterwards, so that repetitions of the same
		 * contact while it is being made are dropped. */
		client_connect(value);
		atomic_store(&contact_queue[i], 0);
	}
}

static bool work_waiting(void)
{
	for (int i = 0; i < CONTACT_QUEUE; i++)
		if (atomic_load(&contact_queue[i]) != 0)
			return true;
	return library_waiting();
}

/* --- the loop --- */

static long mask_set(uint64_t mask)
{
	return raw_syscall6(SYS_rt_sigprocmask, SIG_SETMASK, (long)&mask, 0,
			    sizeof(mask), 0, 0);
}

/* Sleep until something happens; how long at most, an update decides. The signal
 * that wakes is let in by ppoll(2) alone, so that none comes before it. */
static void control_sleep(uint64_t timeout_ns)
{
	uint64_t limit_ns = timeout_ns < SLEEP_NS ? timeout_ns : SLEEP_NS;
	struct timespec limit = {(time_t)(limit_ns / 1000000000u),
				 (long)(limit_ns % 1000000000u)};
	uint64_t own = 1ul << (agent_signal - 1), mask = MASK & ~own;
	struct pollfd fds[SERVE_CLIENTS];
	nfds_t n = 0;

	for (int i = 0; i < SERVE_CLIENTS; i++)
		if (clients[i].open)
			fds[n++] = (struct pollfd){.fd = clients[i].socket.fd,
						   .events = POLLIN};
	mask_set(MASK | own);
	atomic_store(&control_sleeping, true);
	if (!atomic_load(&control_woken))
		raw_syscall6(SYS_ppoll, (long)fds, (long)n, (long)&limit,
			     (long)&mask, sizeof(mask), 0);
	atomic_store(&control_sleeping, false);
	/* Before the look around that follows. */
	atomic_store(&control_woken, false);
	mask_set(MASK);
}

/* An apply that nobody waits for any more is given up, unless it was asked to
 * stay. */
static void orphan_cancel(void)
{
	struct opus_error err;

	if (!update_now.active || (update_now.flags & WIRE_KEEP))
		return;
	for (int i = 0; i < SERVE_CLIENTS; i++)
		if (clients[i].open && clients[i].owner)
			return;
	log_line("opus-send has gone: the update of %s is cancelled",
		 update_now.patch->name);
	serve_ended(clients, update_cancel(&err), &err);
}

static uint64_t control_round(void)
{
	struct opus_error err;
	uint64_t timeout = UINT64_MAX, other;
	enum opus_code code;

	clients_read(); /* some may have gone, and make room */
	contacts_take();
	library_serve();
	clients_read();
	orphan_cancel();
	code = update_poll(&timeout, &err);
	if (code != OPUS_PENDING && code != OPUS_ALREADY)
		serve_ended(clients, code, &err);
	for (int i = 0; i < SERVE_CLIENTS; i++)
		if (clients[i].open && clients[i].waiting) {
			other = serve_progress(&clients[i]);
			timeout = other < timeout ? other : timeout;
		}
	return timeout;
}

static void *control_main(void *arg)
{
	(void)arg;
	mask_set(MASK);
	library_own();
	filter_know();
	prctl(PR_SET_NAME, BEACON_THREAD);
	for (;;) {
		uint32_t idle = CONTACT_IDLE;

		atomic_store(&control_woken, false);
		atomic_store(&control_tid, raw_gettid());
		atomic_store(&gate_notify, control_wake_sig);
		beacon_flag(BEACON_ACTIVE, 0);
		for (;;) {
			uint64_t timeout = control_round();

			if (!clients_open() && !update_now.active && !work_waiting())
				break;
			control_sleep(timeout);
		}
		beacon_flag(0, BEACON_ACTIVE);
		proc_forget();
		unwind_forget();
		atomic_store(&control_tid, 0);
		atomic_store(&contact_state, CONTACT_IDLE);
		/* A contact that came in between found RUNNING and left it to
		 * this thread. */
		if (!work_waiting() ||
		    !atomic_compare_exchange_strong(&contact_state, &idle,
						    CONTACT_RUNNING))
			return NULL;
	}
}

/* --- set-up --- */

/* Thread-local data that every thread has at the end of its stack: the program
 * decides how much, and pthread_create() refuses a stack with no room for it. */
AT_START static int tls_add(struct dl_phdr_info *info, size_t size, void *data)
{
	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_TLS)
			*(size_t *)data += info->dlpi_phdr[i].p_memsz +
					   info->dlpi_phdr[i].p_align;
	return 0;
}

AT_START enum opus_code control_init(struct opus_error *err)
{
	size_t stack = STACK_SIZE;

	dl_iterate_phdr(tls_add, &stack);
	if (pthread_attr_init(&control_attr) != 0 ||
	    pthread_attr_setdetachstate(&control_attr,
					PTHREAD_CREATE_DETACHED) != 0 ||
	    pthread_attr_setstacksize(&control_attr, stack) != 0)
		return error_set(err, OPUS_INTERNAL, "thread attributes");
	return OPUS_OK;
}

const pthread_attr_t *control_attributes(void)
{
	return &control_attr;
}

#define HOLD_TRIES 2000

bool control_hold(void)
{
	const struct timespec pause = {0, 1000000};

	for (int n = 0; n < HOLD_TRIES; n++) {
		uint32_t idle = CONTACT_IDLE;

		if (atomic_compare_exchange_strong(&contact_state, &idle,
						   CONTACT_RUNNING))
			return true;
		nanosleep(&pause, NULL);
	}
	return false;
}

void control_let(void)
{
	atomic_store(&contact_state, CONTACT_IDLE);
}

void control_forked(void)
{
	atomic_store(&control_tid, 0);
	for (int i = 0; i < SERVE_CLIENTS; i++)
		serve_close(&clients[i]);
	proc_forget();
	unwind_forget();
	for (int i = 0; i < CONTACT_QUEUE; i++)
		atomic_store(&contact_queue[i], 0);
	contact_forked();
	atomic_store(&gate_notify, NULL);
	atomic_store(&contact_state, CONTACT_IDLE);
}

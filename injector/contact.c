/*
 * contact.c - wake the agent of a process and get a connection to it.
 *
 * Called by:  run.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include "contact.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "contact_place.h"
#include "contact_thread.h"
#include "freezer.h"
#include "interrupt.h"
#include "unmask.h"

#define CONTACT_LIMIT_NS 2000000000ull
/* Those that have had no turn on a processor since they were asked get more time,
 * bit by bit: of hundreds that want one each waits for all others. */
#define CONTACT_MORE_NS 500000000ull
#define CONTACT_MOST_NS 30000000000ull
#define CONTACT_FIRST_NS 1000000ull /* wait for the first thread */
#define CONTACT_LAST_NS 10000000ull /* and for any, in the end */
/* One that runs is at another place a moment later, and loses nothing by the
 * signal: a thread that lives in malloc wants many tries. */
#define CONTACT_RUNS_NS 100000ull
/* The threads of a process that was joined may have one alternate signal stack
 * together, which the agent finds out before its first stop: until then one
 * handler runs at a time. */
#define CONTACT_ALONE_NS 50000000ull
#define CONTACT_MOVE_NS 500000000ull /* then try another folder */

/* The socket while it exists; -1 and "" otherwise. */
struct contact {
	struct target *t;
	struct limit *limit;
	bool ask;          /* its filters, before each signal */
	bool attach;       /* to threads that block the signal, if all do */
	struct unmask masks; /* put back at the end */
	int listener;
	int folder_fd;     /* -1 also for an abstract name */
	bool same_network; /* as ours */
	uint32_t sent;     /* signals */
	int deaf;          /* why a connection could not be accepted; 0: it could */
	bool full;         /* the kernel did not take the last signal */
	uint64_t limit_ns; /* of all attempts */
	struct beacon last; /* when it was last asked whether to move */
	unsigned int rank; /* of the place, see place_of() */
	char name[24];
	uint64_t value;
};

uint64_t contact_value(unsigned int folder, uint64_t random)
{
	return (uint64_t)WIRE_CONTACT_TAG << 56 | (uint64_t)folder << 48 |
	       (random & 0xffffffffffffull);
}

/* The place, as WIRE_FOLDERS numbers them, that is tried as number `rank`. */
static unsigned int place_of(const struct contact *c, unsigned int rank)
{
	if (!c->same_network)
		return rank;
	return rank == 0 ? WIRE_ABSTRACT : rank - 1;
}

static void contact_close(struct contact *c)
{
	if (c->listener < 0)
		return;
	if (c->folder_fd >= 0) {
		/* Whoever could have put another file under our random name may
		 * have that one removed: it lies in the target's own folder. */
		contact_as_target(c->t, true);
		unlinkat(c->folder_fd, c->name, 0);
		contact_as_target(c->t, false);
		close(c->folder_fd);
	}
	close(c->listener);
	c->listener = c->folder_fd = -1;
}

static bool has_ended(const struct target *t)
{
	struct proc_status s;

	if (!proc_status_read(t->pid, t->pid, &s))
		return errno == ENOENT; /* else, perhaps, we have no descriptor for it */
	return s.dumping || (!s.memory && s.threads <= 1);
}

/* Make the socket at the first usable place from rank `from` on. */
static enum opus_code contact_open(struct contact *c, unsigned int from,
				   struct opus_error *err)
{
	uint64_t random;
	int why = ENOENT;

	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		return error_set_errno(err, OPUS_RESOURCE, "no random number");
	random &= 0xffffffffffffull;
	snprintf(c->name, sizeof(c->name), "opus-%012llx",
		 (unsigned long long)random);
	for (unsigned int i = from; i < WIRE_FOLDER_COUNT; i++) {
		unsigned int place = place_of(c, i);

		if (place == WIRE_ABSTRACT)
			c->listener = contact_bind_abstract(c->t, c->same_network,
							    c->name);
		else
			c->folder_fd = contact_folder_open(c->t, place);
		if (c->folder_fd >= 0)
			c->listener = contact_bind(c->t, c->folder_fd, c->name);
		if (c->listener >= 0) {
			c->rank = i;
			c->value = contact_value(place, random);
			c->t->used_folder |= place != WIRE_ABSTRACT;
			return OPUS_OK;
		}
		/* "No such folder" is less telling than any other reason. */
		why = errno != ENOENT || !why ? errno : why;
		if (c->folder_fd >= 0)
			close(c->folder_fd);
		c->folder_fd = -1;
	}
	if (has_ended(c->t))
		return error_set(err, OPUS_DIED,
				 "the process ended before it was contacted");
	errno = why;
	return error_set_errno(err, why == EACCES || why == EPERM
					    ? OPUS_PERMISSION : OPUS_RESOURCE,
		"no socket can be made in /run, /tmp, /var/tmp or /dev/shm of "
		"its file system, nor in its network namespace");
}

/* Queue the contact signal to one thread. */
static int contact_signal(const struct contact *c, pid_t tid)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	info.si_signo = (int)c->t->beacon.signal;
	info.si_code = SI_QUEUE;
	info.si_pid = getpid();
	info.si_uid = getuid();
	/* A filter of system calls may not like the agent's timer, whichever
	 * of the threads has it: the request must not depend on who gets it. */
	info.si_value.sival_ptr = (void *)(uintptr_t)(
		c->value | (c->t->confined ? 0 : WIRE_CONTACT_TIMER) |
		WIRE_CONTACT_FILTERS_SET(c->t->beacon.filters_begun));
	return (int)syscall(SYS_rt_tgsigqueueinfo, c->t->pid, tid,
			    info.si_signo, &info);
}

/* The next one in the queue, if it is the target; others are turned away. */
static int contact_accept(struct contact *c)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);
	int fd;

	while ((fd = accept4(c->listener, NULL, NULL,
			     SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
		if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
		    peer.pid == c->t->pid)
			return fd;
		close(fd);
	}
	c->deaf = errno == EAGAIN ? 0 : errno;
	return -1;
}

/* Wait for the agent's connection. Its descriptor, or -1 at the time limit or
 * at the end of the process (`*ret_end`), or after a signal to us. */
static int contact_wait(struct contact *c, uint64_t until_ns, bool *ret_end)
{
	struct pollfd fds[2] = {{.fd = c->listener, .events = POLLIN},
				{.fd = c->t->pidfd, .events = POLLIN}};
	int fd;

	for (;;) {
		if (interrupt_poll(fds, 2, until_ns, false) != INTERRUPT_READY)
			return -1;
		fd = contact_accept(c);
		if (fd >= 0)
			return fd;
		if (fds[1].revents) {
			*ret_end = true;
			return -1;
		}
		/* Others connect without end, or we cannot accept. */
		if (interrupt_clock() >= until_ns)
			return -1;
	}
}

/* Why the agent could not start its thread; 0: it was not asked, or could. */
static int start_error(const struct contact *c)
{
	uint32_t why = 0;

	if (!proc_memory_read(c->t->view, c->t->beacon_at +
			      offsetof(struct beacon, start_error), &why,
			      sizeof(why)))
		return 0;
	return (int)why;
}

/* How often the agent's handler has run. False: that cannot be read. */
static bool contacts_read(const struct contact *c, uint32_t *ret)
{
	return proc_memory_read(c->t->view, c->t->beacon_at +
				offsetof(struct beacon, contacts), ret,
				sizeof(*ret));
}

/* A thread is asked again only when it has taken the signal (contact_thread.c): so
 * this many did without the agent's handler. */
static bool is_taken_by_other(const struct contact *c, uint32_t threads)
{
	uint32_t seen;

	return c->sent > threads && contacts_read(c, &seen) &&
	       seen == c->t->beacon.contacts;
}

/* Has the agent's thread looked for the socket, and not found it? So it seems where
 * nobody waits for a processor. Else it says in the beacon when it begins and ends;
 * where it lives on, with an update pending, the handler has sent it. */
static bool is_missed(struct contact *c)
{
	size_t size = offsetof(struct beacon, pid) - offsetof(struct beacon, flags);
	struct beacon now = c->last;
	bool missed;

	if (!proc_memory_read(c->t->view, c->t->beacon_at +
			      offsetof(struct beacon, flags), &now.flags, size) ||
	    !contacts_read(c, &now.contacts))
		return true;
	missed = now.sequence != c->last.sequence ||
		 (now.flags & BEACON_ACTIVE && now.contacts != c->last.contacts);
	c->last = now;
	return !contact_threads_late(c->t, !missed);
}

static enum opus_code contact_failed(const struct contact *c,
				     struct opus_error *err)
{
	struct proc_status s;
	int why = start_error(c);
	char cgroup[FREEZER_PATH];

	if (c->deaf) {
		errno = c->deaf;
		return error_set_errno(err, OPUS_RESOURCE,
				       "its agent's connection cannot be accepted");
	}
	if (has_ended(c->t))
		return error_set(err, OPUS_DIED,
				 "the process ended while it was contacted");
	if (!proc_status_read(c->t->pid, c->t->pid, &s))
		return error_set_errno(err, OPUS_RESOURCE, "it cannot be looked at");
	if (why != 0) {
		errno = why;
		return error_set_errno(err, OPUS_NO_CONTACT,
			"its agent cannot make a thread and a socket; see its "
			"limits of processes, memory and descriptors "
			"(RLIMIT_NPROC, pids.max, RLIMIT_AS, RLIMIT_DATA, "
			"RLIMIT_MEMLOCK, RLIMIT_NOFILE, vm.max_map_count); "
			"CAP_SYS_RESOURCE may lift the first for the moment");
	}
	if (c->full)
		return error_set(err, OPUS_NO_CONTACT,
			"the kernel queues no more signals for it or its user; "
			"see its RLIMIT_SIGPENDING");
	if (s.state == 'T')
		return error_set(err, OPUS_NO_CONTACT,
			"it was stopped meanwhile; continue it with "
			"`kill -CONT %d` and try again", c->t->pid);
	if (target_is_held(c->t)) /* not by our own, which suspends filters */
		return error_set(err, OPUS_NO_CONTACT,
			"a debugger (process %d) has stopped it; let it go on "
			"and try again", (int)s.tracer);
	if (freezer_holds(c->t->pid, cgroup))
		return error_set(err, OPUS_NO_CONTACT, FREEZER_WORDS, cgroup);
	if (is_taken_by_other(c, s.threads))
		return error_set(err, OPUS_NO_CONTACT,
			"the agent's handler is not run: the program has put "
			"another one in its place by a system call of its own, "
			"as the runtime of Go does; start it without the agent, "
			"and `opus-send apply` brings one in");
	if (contact_threads_block(c->t))
		return error_set(err, OPUS_NO_CONTACT,
			"all its threads block signal %u, by a system call of its "
			"own; root may open their masks, without --no-attach",
			c->t->beacon.signal);
	if (c->t->beacon.pid != s.inner_pid)
		return error_set(err, OPUS_NO_CONTACT,
			"it was made by _Fork() or clone(2) while the agent's thread "
			"ran in process %d, and has none; it can be patched again "
			"when it has executed a program", (int)c->t->beacon.pid);
	return error_set(err, OPUS_NO_CONTACT,
		"none of its threads (%u) came to a place where the agent can "
		"start safely within %g s; try again when it is less busy",
		s.threads, (double)c->limit_ns / 1e9);
}

/* The agent may have started and not found the socket, because a mount or a
 * security module hides the folder: go to the next, if there is one. */
static enum opus_code contact_move(struct contact *c, struct opus_error *err)
{
	unsigned int next = c->rank + 1;

	if (next >= WIRE_FOLDER_COUNT)
		return OPUS_OK;
	contact_close(c);
	if (contact_open(c, next, err) == OPUS_OK)
		return OPUS_OK;
	return contact_open(c, 0, err);
}

/* Is the time over? Not for a process whose threads, or whose agent's, wait for
 * their turn. Each has a moment first, since it was asked just now. */
static bool is_over(struct contact *c, uint64_t begin_ns, int *ret_fd, bool *ret_end)
{
	uint64_t now = interrupt_clock();

	if (now - begin_ns < c->limit_ns)
		return false;
	if (c->limit_ns >= CONTACT_MOST_NS)
		return true;
	*ret_fd = contact_wait(c, now + CONTACT_LAST_NS, ret_end);
	if (*ret_fd < 0 && (*ret_end || !contact_threads_late(c->t, true)))
		return true;
	c->limit_ns += CONTACT_MORE_NS;
	return false;
}

static bool is_alone(const struct contact *c)
{
	return (c->t->beacon.flags & (BEACON_INJECTED | BEACON_ASKED)) ==
	       BEACON_INJECTED;
}

/* How long to wait for a thread before the next one is asked. */
static uint64_t patience(const struct contact *c, pid_t tid, bool runs,
			 uint64_t wait)
{
	if (tid == 0) /* all block it, have yet to see it, or have ended */
		return c->limit_ns > CONTACT_LIMIT_NS ? CONTACT_LAST_NS
						      : CONTACT_FIRST_NS;
	if (is_alone(c))
		return CONTACT_ALONE_NS;
	return runs ? CONTACT_RUNS_NS : wait;
}

static enum opus_code contact_ask(struct contact *c, pid_t tid,
				  struct opus_error *err)
{
	enum opus_code code = c->ask ? target_check_filter(c->t, tid, err) : OPUS_OK;
	bool sent;

	if (code != OPUS_OK)
		return code;
	if (!target_is_unchanged(c->t, tid))
		return error_set(err, OPUS_DIED,
			"the process started another program (exec) before its "
			"agent was reached; nothing was sent to that one");
	sent = contact_signal(c, tid) == 0;
	c->full = !sent && errno == EAGAIN;
	c->sent += sent;
	if (!sent && errno == EPERM)
		return error_set_errno(err, OPUS_PERMISSION,
			"it may not be signalled; run as root or as uid %d",
			(int)c->t->status.euid);
	return OPUS_OK;
}

/* One thread after the other, until someone connects. */
static enum opus_code contact_rounds(struct contact *c, int *ret_fd,
				     struct opus_error *err)
{
	CLEANUP(contact_threads_deinit) struct contact_threads threads = {0};
	uint64_t begin = interrupt_clock(), moved = begin;
	uint64_t wait = CONTACT_FIRST_NS;
	enum opus_code code;
	bool ended = false;
	pid_t tid;

	while (!is_over(c, begin, ret_fd, &ended)) {
		if (*ret_fd >= 0)
			return OPUS_OK;
		tid = contact_threads_next(&threads, c->t);
		code = tid ? contact_ask(c, tid, err) : OPUS_OK;
		if (code != OPUS_OK)
			return code;
		*ret_fd = contact_wait(c, interrupt_clock() +
					  patience(c, tid, threads.runs, wait),
				       &ended);
		while (*ret_fd < 0 && !ended && !interrupt_seen() && is_alone(c) &&
		       interrupt_clock() - begin < c->limit_ns &&
		       contact_thread_is_late(c->t, tid))
			*ret_fd = contact_wait(c, interrupt_clock() +
						  CONTACT_LAST_NS, &ended);
		if (*ret_fd >= 0)
			return OPUS_OK;
		if (interrupt_seen())
			return error_set(err, OPUS_CANCELLED,
				"interrupted before the agent was reached; "
				"nothing changed");
		if (ended)
			break;
		if (!tid && c->attach && contact_threads_block(c->t)) {
			c->attach = false;
			(void)unmask_begin(c->t, c->t->beacon.signal, &c->masks);
		}
		if (start_error(c) == EAGAIN)
			(void)limit_lift(c->limit, c->t->pid);
		if (threads.rounds && !threads.runs)
			wait = wait * 2 < CONTACT_LAST_NS ? wait * 2
							  : CONTACT_LAST_NS;
		if (interrupt_clock() - moved > CONTACT_MOVE_NS) {
			moved = interrupt_clock();
			code = is_missed(c) ? contact_move(c, err) : OPUS_OK;
			if (code != OPUS_OK)
				return code;
		}
	}
	return contact_failed(c, err);
}

enum opus_code contact_make(struct target *t, bool ask, bool attach,
			    struct limit *limit, int *ret_fd,
			    struct opus_error *err)
{
	struct contact c = {.t = t, .limit = limit, .ask = ask, .attach = attach,
			    .masks.waits = true, .limit_ns = CONTACT_LIMIT_NS,
			    .last = t->beacon,
			    .listener = -1, .folder_fd = -1,
			    .same_network = contact_network_is_ours(t)};
	enum opus_code code;

	*ret_fd = -1;
	code = contact_open(&c, 0, err);
	if (code != OPUS_OK)
		return code;
	code = contact_rounds(&c, ret_fd, err);
	unmask_end(t, &c.masks);
	contact_close(&c);
	return code;
}

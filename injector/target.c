/*
 * target.c - look at a process that a command is about.
 *
 * Called by:  run.c, client.c, contact.c, inject.c, verb_scan.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * For one --pid as little of /proc as possible is read: the status of the
 * process and its mappings, once each.
 */
#include "target.h"

#include <errno.h>
#include <linux/kcmp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "beacon_read.h"
#include "common/cleanup.h"
#include "confine.h"

pid_t target_view(pid_t pid, pid_t view)
{
	CLEANUP(cleanup_free) pid_t *tids = NULL;
	ssize_t count = view == pid ? proc_threads(pid, &tids) : 0;
	struct proc_status s;

	for (ssize_t i = 0; count > 1 && i < count; i++)
		if (proc_status_read(pid, tids[i], &s) && s.memory)
			return tids[i];
	return 0;
}

bool target_is_gone(const struct target *t)
{
	return !t->status.state || t->status.state == 'Z' || t->status.state == 'X';
}

enum opus_code target_check_proc(struct opus_error *err)
{
	CLEANUP(cleanup_free) char *text = proc_file_read("/proc/self/status", NULL);
	struct proc_status s;

	if (!text || !proc_status_parse(text, &s))
		return error_set_errno(err, OPUS_RESOURCE,
				       "/proc cannot be read (is it mounted here?)");
	/* From that of the mount to our own: one, if they are the same. */
	if (s.tgid == getpid() && (!s.inner_pid || s.inner_pid == s.tgid) &&
	    s.levels <= 1)
		return OPUS_OK;
	return error_set(err, OPUS_RESOURCE,
		"/proc shows the processes of another pid namespace than ours, where "
		"other processes have these ids; mount one (mount -t proc proc "
		"/proc), or use `nsenter --all`, `unshare --mount-proc`");
}

/* /proc may be mounted with hidepid=2, which hides those of other users. */
static bool is_hidden(pid_t pid)
{
	return kill(pid, 0) == 0 || errno == EPERM;
}

static enum opus_code status_look(struct target *t, struct opus_error *err)
{
	struct proc_status *s = &t->status;
	pid_t other;

	if (!proc_status_read(t->pid, t->pid, s)) {
		if (errno != ENOENT)
			return error_set_errno(err, errno == EACCES || errno == EPERM
							    ? OPUS_PERMISSION
							    : OPUS_RESOURCE,
				"process %d cannot be looked at", t->pid);
		if (is_hidden(t->pid))
			return error_set(err, OPUS_PERMISSION,
				"/proc does not show process %d (hidepid?); run the "
				"same as root (sudo)", t->pid);
		return error_set(err, OPUS_NO_TARGET, "there is no process %d",
				 t->pid);
	}
	if (s->tgid != t->pid)
		return error_set(err, OPUS_NO_TARGET,
				 "%d is a thread of process %d; give --pid %d",
				 t->pid, s->tgid, s->tgid);
	other = s->memory ? 0 : target_view(t->pid, t->pid);
	if (other && proc_status_read(t->pid, other, s))
		t->view = other;
	if (s->dumping)
		return error_set(err, OPUS_DIED, "it is dying (writes a core file)");
	if (!s->memory && (s->state == 'Z' || s->state == 'X'))
		return error_set(err, OPUS_NO_TARGET,
				 "it has ended and waits for its parent (zombie)");
	if (!s->memory)
		return error_set(err, OPUS_NO_TARGET,
				 "it is a thread of the kernel");
	return OPUS_OK;
}

/* A better reason than "no agent" where there is one. */
static enum opus_code no_agent(const struct target *t, struct opus_error *err)
{
	if (proc_is_32bit(t->view))
		return error_set(err, OPUS_NO_AGENT,
				 "it is a 32-bit program; there is only an agent "
				 "for 64-bit ones");
	return OPUS_NO_AGENT;
}

static enum opus_code look_refused(const struct target *t, struct opus_error *err)
{
	if (geteuid() == 0)
		return error_set(err, OPUS_PERMISSION,
			"its mappings may not be looked at, not even by this root "
			"(uid %d; does it belong to another container?)",
			(int)t->status.euid);
	if (geteuid() == t->status.euid)
		return error_set(err, OPUS_PERMISSION,
			"it hides its memory from its own user (PR_SET_DUMPABLE, "
			"also what was root before); run the same as root (sudo)");
	return error_set(err, OPUS_PERMISSION,
		"it belongs to uid %d and may not be looked at; run the same as "
		"root (sudo) or as that user", (int)t->status.euid);
}

/*
 * The child of vfork(2) or posix_spawn(3) up to its exec: the beacon that it has
 * is its parent's. It is about to give up the handler, and the signal that came
 * before that would end the program that it becomes.
 */
static bool is_vforked(const struct target *t)
{
	return t->beacon.pid != t->status.inner_pid &&
	       syscall(SYS_kcmp, t->pid, t->status.parent, KCMP_VM, 0, 0) == 0;
}

#define FILTER_TRIES 100
#define START_TRIES 200 /* a second, on a machine that is not busy */

static bool is_starting(const struct target *t)
{
	return t->beacon.flags & BEACON_STARTING ||
	       !(t->beacon.flags & (BEACON_READY | BEACON_OFF));
}

/* Give a process that is before its main() a moment: what it finds in the store
 * shows afterwards. */
static enum opus_code start_wait(struct target *t, struct opus_error *err)
{
	const struct timespec moment = {0, 5000000};
	enum opus_code code = OPUS_OK;
	int n = 0;

	for (; code == OPUS_OK && is_starting(t) && n < START_TRIES &&
	       t->status.state != 'T' && t->status.state != 't'; n++) {
		nanosleep(&moment, NULL);
		code = beacon_copy(t->view, t->beacon_at, &t->beacon, err);
	}
	if (code == OPUS_OK)
		code = beacon_check(&t->beacon, err);
	if (code == OPUS_INTERNAL || code == OPUS_DIED)
		return error_set(err, OPUS_DIED,
				 "it ended or became another program at its start");
	if (code == OPUS_OK && t->beacon.flags & BEACON_STARTING)
		return error_set(err, OPUS_NO_AGENT,
				 "it is still starting: its patches are being applied");
	return code == OPUS_OK && n ? status_look(t, err) : code;
}

void target_close(struct target *t)
{
	if (t->pidfd >= 0)
		close(t->pidfd);
	t->pidfd = -1;
}

enum opus_code target_look(struct target *t, struct opus_error *err)
{
	CLEANUP(cleanup_free) char *maps = NULL;
	enum opus_code code;

	t->pidfd = (int)syscall(SYS_pidfd_open, t->pid, 0);
	code = status_look(t, err);
	if (code != OPUS_OK)
		return code;
	maps = proc_maps_read(t->view);
	if (!maps && (errno == EACCES || errno == EPERM))
		return look_refused(t, err);
	if (!maps)
		return error_set_errno(err, errno == ESRCH || errno == ENOENT
						    ? OPUS_DIED : OPUS_INTERNAL,
				       "cannot read its mappings");
	code = beacon_read(t->view, maps, &t->beacon, &t->beacon_at, err);
	t->vforked = t->beacon_at && is_vforked(t);
	if (t->vforked)
		return error_set(err, OPUS_NO_AGENT,
			"it was started by vfork or posix_spawn and has the memory of process %d until it becomes another program",
			t->status.parent);
	if (t->beacon_at && (code == OPUS_OK || code == OPUS_NO_AGENT) &&
	    is_starting(t))
		return start_wait(t, err);
	return code == OPUS_NO_AGENT && !t->beacon_at ? no_agent(t, err) : code;
}

static bool bit_is_set(uint64_t set, unsigned int signal)
{
	return set >> (signal - 1) & 1;
}

bool target_is_confined(const struct target *t, const struct proc_status *s)
{
	return s->seccomp &&
	       !((t->beacon.flags & BEACON_LOCKED) && s->filters == 1);
}

bool target_has_filter(const struct target *t)
{
	CLEANUP(cleanup_free) pid_t *tids = NULL;
	struct proc_status s = t->status;
	ssize_t count = 0;

	if (!target_is_confined(t, &s) && s.threads > 1)
		count = proc_threads(t->pid, &tids);
	for (ssize_t i = 0; !target_is_confined(t, &s) && i < count; i++)
		if (!proc_status_read(t->pid, tids[i], &s))
			s.seccomp = 0; /* it has ended */
	return target_is_confined(t, &s);
}

bool target_is_held(const struct target *t)
{
	const struct timespec moment = {0, 5000000};
	struct proc_status s;

	for (int n = 0; n < 20; n++) {
		if (!proc_status_read(t->pid, t->view, &s) || s.state != 't')
			return false;
		nanosleep(&moment, NULL);
	}
	return true;
}

enum opus_code target_check_contact(struct target *t, bool force,
				    struct opus_error *err)
{
	const struct proc_status *s = &t->status;

	if (t->beacon.flags & BEACON_OFF)
		return error_set(err, OPUS_NO_AGENT,
			"the agent has switched itself off: %s",
			t->beacon.off_reason[0] ? t->beacon.off_reason
						: "no reason given");
	/* The status may be from before the agent was ready. */
	if (!bit_is_set(s->caught, t->beacon.signal) &&
	    (!proc_status_read(t->pid, t->view, &t->status) ||
	     !bit_is_set(s->caught, t->beacon.signal)))
		return error_set(err, OPUS_NO_AGENT,
			"its agent no longer catches signal %u, which would "
			"kill the process now; nothing was sent",
			t->beacon.signal);
	if (s->state == 'T')
		return error_set(err, OPUS_NO_CONTACT,
			"it is stopped (SIGSTOP, SIGTSTP); continue it with "
			"`kill -CONT %d` and try again", t->pid);
	if (s->state == 't' && target_is_held(t))
		return error_set(err, OPUS_NO_CONTACT,
			"a debugger (process %d) has stopped it; let it go on "
			"and try again", (int)s->tracer);
	t->confined = target_has_filter(t);
	if (force || !t->confined)
		return OPUS_OK;
	return confine_check(t, err); /* ask the filters */
}

/* Those of the beacon, with none that is being installed. */
static void filters_read(struct target *t)
{
	const struct timespec moment = {0, 200000};
	uint64_t at = t->beacon_at + offsetof(struct beacon, filters_begun);
	uint16_t now[2] = {0};

	for (int n = 0; proc_memory_read(t->view, at, now, sizeof(now)) &&
			now[0] != now[1] && n < FILTER_TRIES; n++)
		nanosleep(&moment, NULL);
	t->beacon.filters_begun = now[0];
	t->beacon.filters_ended = now[1];
}

enum opus_code target_check_filter(struct target *t, pid_t tid,
				   struct opus_error *err)
{
	uint16_t before = t->beacon.filters_begun;
	struct proc_status now;
	bool fresh;

	filters_read(t); /* then look: what comes after that the agent sees */
	if (t->beacon.filters_begun != t->beacon.filters_ended)
		return error_set(err, OPUS_CONFINED,
			"it is about to install a seccomp filter, and has been for a "
			"while; nothing was sent, try again");
	fresh = t->beacon.filters_begun != before;
	if (t->confined && !fresh)
		return OPUS_OK;
	if (fresh && proc_status_read(t->pid, t->view, &now))
		t->status = now;
	if (!(fresh && target_has_filter(t)) &&
	    (!proc_status_read(t->pid, tid, &now) || !target_is_confined(t, &now)))
		return OPUS_OK;
	t->confined = true;
	return confine_check(t, err);
}

bool target_is_unchanged(const struct target *t, pid_t tid)
{
	struct beacon now;
	size_t size = offsetof(struct beacon, pid);

	if (!proc_memory_read(tid, t->beacon_at, &now, size))
		return errno != EFAULT && errno != EIO;
	return memcmp(now.magic, t->beacon.magic, sizeof(now.magic)) == 0 &&
	       now.signal == t->beacon.signal && now.flags & BEACON_READY;
}

/* The socket is closed early in a process' death: give it a moment. */
static bool has_ended(const struct target *t)
{
	struct pollfd p = {.fd = t->pidfd, .events = POLLIN};
	struct proc_status s;

	if (t->pidfd >= 0 && poll(&p, 1, 200) > 0)
		return true;
	if (!proc_status_read(t->pid, t->pid, &s))
		return errno == ENOENT;
	return s.dumping || (!s.memory && s.threads <= 1);
}

enum opus_code target_lost(const struct target *t, const char *doing,
			   struct opus_error *err)
{
	struct target now = {.pid = t->pid, .view = t->pid, .pidfd = -1};
	struct opus_error ignored;
	enum opus_code code;

	if (has_ended(t))
		return error_set(err, OPUS_DIED,
				 "the process ended while %s", doing);
	code = target_look(&now, &ignored);
	target_close(&now);
	/* Addresses are random: another program has its agent elsewhere. */
	if (code == OPUS_NO_AGENT || (code == OPUS_OK &&
				      now.beacon_at != t->beacon_at))
		return error_set(err, OPUS_DIED,
			"the process started another program (exec) while %s",
			doing);
	if (code == OPUS_OK && now.beacon.flags & BEACON_OFF)
		return error_set(err, OPUS_INTERNAL,
			"the agent switched itself off while %s: %s", doing,
			now.beacon.off_reason);
	return error_set(err, OPUS_INTERNAL,
		"the agent closed the connection while %s; the process lives, "
		"see `opus-send status --pid %d` for its state", doing, t->pid);
}

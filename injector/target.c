/*
 * target.c - find the processes that a command is about, and look at them.
 *
 * Called by:  run.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * For one --pid as little of /proc as possible is read: the status of the
 * process and its mappings, once each. Searching all processes reads the
 * mappings of each, and compares build-ids in their memory, so that a program
 * whose file was replaced under it is still found.
 */
#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "beacon_read.h"
#include "common/cleanup.h"
#include "confine.h"
#include "tree.h"

#define BUILD_ID_MAX 64

/* Objects whose build-id was read already: many processes share them. */
struct seen {
	uint64_t device, inode;
	char name[32]; /* overlay file systems may give an inode number twice */
	bool matches;
};

static struct {
	struct seen *items;
	size_t count;
} seen_objects;

static bool object_matches(pid_t view, const struct proc_map *map,
			   const struct plan *plan)
{
	uint8_t id[BUILD_ID_MAX];
	size_t size = proc_build_id(view, map->start, id, sizeof(id));

	for (uint32_t i = 0; size && i < plan->target_count; i++) {
		const struct plan_target *t = &plan->target_records[i];

		if (t->build_id_size == size &&
		    memcmp(plan_bytes(plan, t->build_id), id, size) == 0)
			return true;
	}
	return false;
}

static bool object_matches_cached(pid_t view, const struct proc_map *map,
				  const struct plan *plan)
{
	struct seen *s = seen_objects.items, new = {.device = map->device,
						    .inode = map->inode};

	snprintf(new.name, sizeof(new.name), "%s", proc_basename(map->path));
	for (size_t i = 0; i < seen_objects.count; i++)
		if (s[i].inode == new.inode && s[i].device == new.device &&
		    strcmp(s[i].name, new.name) == 0)
			return s[i].matches;
	new.matches = object_matches(view, map, plan);
	s = realloc(s, (seen_objects.count + 1) * sizeof(*s));
	if (s) {
		seen_objects.items = s;
		s[seen_objects.count++] = new;
	}
	return new.matches;
}

unsigned int target_copies(pid_t pid, const struct plan *plan)
{
	pid_t view;
	CLEANUP(cleanup_free) char *maps = proc_maps_read_any(pid, &view);
	struct proc_map map, found = {0}, code = {0};
	unsigned int count = 0, most = 0;
	char *cursor = maps;

	while (maps && proc_maps_next(&cursor, &map)) {
		if (map.offset == 0 && map.inode && map.readable &&
		    object_matches_cached(view, &map, plan))
			found = map;
		if (!found.inode || !map.executable || map.inode != found.inode ||
		    map.device != found.device)
			continue;
		/* The same piece of the same file once more is another copy. */
		if (map.inode != code.inode || map.device != code.device) {
			code = map;
			count = 0;
		}
		count += map.offset == code.offset;
		most = count > most ? count : most;
	}
	return most;
}

int target_maps_plan(pid_t pid, const struct plan *plan)
{
	pid_t view;
	CLEANUP(cleanup_free) char *maps = proc_maps_read_any(pid, &view);
	struct proc_map map, found = {0};
	char *cursor = maps;

	if (!maps)
		return errno == EACCES || errno == EPERM ? -1 : 0;
	while (proc_maps_next(&cursor, &map)) {
		/* An object's first mapping holds its ELF header and notes. */
		if (map.offset == 0 && map.inode && map.readable &&
		    object_matches_cached(view, &map, plan))
			found = map;
		/* A debugger maps it to read, whoever runs it to execute. */
		if (found.inode && map.executable && map.inode == found.inode &&
		    map.device == found.device)
			return 1;
	}
	return 0;
}

/* A thread that lives on where the first one, `view`, has ended; 0: none. */
static pid_t view_find(pid_t pid, pid_t view)
{
	CLEANUP(cleanup_free) pid_t *tids = NULL;
	ssize_t count = view == pid ? proc_threads(pid, &tids) : 0;
	struct proc_status s;

	for (ssize_t i = 0; count > 1 && i < count; i++)
		if (proc_status_read(pid, tids[i], &s) && s.memory)
			return tids[i];
	return 0;
}

/* Does the process run this program? Its file may have been replaced. */
static int runs_exe(pid_t pid, pid_t view, const char *exe,
		    const struct stat *wanted)
{
	char path[64], now[4200];
	struct stat st;
	size_t len = strlen(exe);
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/exe", view);
	if (wanted && stat(path, &st) == 0 && st.st_dev == wanted->st_dev &&
	    st.st_ino == wanted->st_ino)
		return 1;
	n = readlink(path, now, sizeof(now) - 1);
	if (n < 0 && errno == ENOENT && (view = view_find(pid, view)) != 0)
		return runs_exe(pid, view, exe, wanted);
	if (n < 0)
		return errno == EACCES || errno == EPERM ? -1 : 0;
	now[n] = '\0';
	return strncmp(now, exe, len) == 0 &&
	       (now[len] == '\0' || strcmp(now + len, " (deleted)") == 0);
}

static int has_agent(pid_t pid)
{
	pid_t view;
	CLEANUP(cleanup_free) char *maps = proc_maps_read_any(pid, &view);

	if (!maps)
		return errno == EACCES || errno == EPERM ? -1 : 0;
	return beacon_maps_have_agent(maps);
}

static enum opus_code list_add(struct target_list *list, pid_t pid,
			       struct opus_error *err)
{
	struct target *more = realloc(list->targets, (list->count + 1) *
							     sizeof(*more));

	if (!more)
		return error_set(err, OPUS_RESOURCE, "no memory");
	list->targets = more;
	memset(&more[list->count], 0, sizeof(*more));
	more[list->count].pid = more[list->count].view = pid;
	more[list->count].pidfd = -1;
	list->count++;
	return OPUS_OK;
}

/* Why a search found nothing. */
static enum opus_code list_empty(const struct options *o, const struct plan *plan,
				 size_t hidden, struct opus_error *err)
{
	char more[96] = "", where[256] = "";

	if (hidden)
		snprintf(more, sizeof(more),
			 " (%zu of the processes could not be looked at)",
			 hidden);
	if (o->exe)
		return error_set(err, OPUS_NO_TARGET,
				 "no process runs %.300s%s", o->exe, more);
	if (o->tree)
		snprintf(where, sizeof(where), " below process %d", (int)o->tree);
	if (o->unit)
		snprintf(where, sizeof(where), " of unit %.200s", o->unit);
	if (plan)
		return error_set(err, OPUS_NO_TARGET,
				 "no process%s has an object loaded that this "
				 "patch changes%s", where, more);
	return error_set(err, OPUS_NO_AGENT, "no process%s has an agent%s", where,
			 more);
}

/* What --exe, --tree, --unit and --all look for. */
struct search {
	const struct options *o;
	const struct plan *plan;
	const char *exe;           /* as the kernel names it */
	const struct stat *wanted; /* its file, NULL if it is gone */
	struct tree tree;
};

/* 1 yes, 0 no, -1 it may not be looked at. */
static int search_match(const struct search *s, pid_t pid)
{
	const struct options *o = s->o;

	if (o->exe)
		return runs_exe(pid, pid, s->exe, s->wanted);
	/* A unit may hold helpers that are not concerned. */
	if ((o->tree && !tree_is_below(&s->tree, pid, o->tree)) ||
	    (o->unit && !tree_in_unit(pid, o->unit)))
		return 0;
	return s->plan ? target_maps_plan(pid, s->plan) : has_agent(pid);
}

static int depth_compare(const void *a, const void *b)
{
	const struct target *x = a, *y = b;

	if (x->depth != y->depth)
		return x->depth < y->depth ? -1 : 1;
	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

/* Parents first: what a patched process forks comes out patched. */
static void list_order(struct target_list *list, const struct tree *tree)
{
	for (size_t i = 0; i < list->count; i++) {
		struct target *t = &list->targets[i];
		const struct tree_node *n = tree_find(tree, t->pid);

		t->depth = tree_depth(tree, t->pid);
		t->start = n ? n->start : 0;
	}
	if (list->count)
		qsort(list->targets, list->count, sizeof(*list->targets),
		      depth_compare);
}

static enum opus_code list_search(const struct options *o,
				  const struct plan *plan,
				  struct target_list *ret, struct opus_error *err)
{
	CLEANUP(cleanup_free) char *real = o->exe ? realpath(o->exe, NULL) : NULL;
	struct search s = {.o = o, .plan = plan, .exe = real ? real : o->exe};
	enum opus_code code = OPUS_OK;
	struct stat st;

	if (!tree_init(&s.tree))
		return error_set_errno(err, OPUS_RESOURCE, "cannot read /proc");
	if (o->exe)
		s.wanted = stat(o->exe, &st) == 0 ? &st : NULL;
	for (size_t i = 0; code == OPUS_OK && i < s.tree.count; i++) {
		pid_t pid = s.tree.nodes[i].pid;
		int match = pid == getpid() ? 0 : search_match(&s, pid);

		if (match > 0)
			code = list_add(ret, pid, err);
		else if (match < 0)
			ret->hidden++;
	}
	list_order(ret, &s.tree);
	if (code == OPUS_OK && o->tree && !tree_find(&s.tree, o->tree))
		code = error_set(err, OPUS_NO_TARGET, "there is no process %d",
				 (int)o->tree);
	else if (code == OPUS_OK && ret->count == 0)
		code = list_empty(o, plan, ret->hidden, err);
	tree_deinit(&s.tree);
	return code;
}

enum opus_code target_list_init(const struct options *o, const struct plan *plan,
				struct target_list *ret, struct opus_error *err)
{
	enum opus_code code = OPUS_OK;

	memset(ret, 0, sizeof(*ret));
	if (o->pid_count == 0)
		return list_search(o, plan, ret, err);
	for (size_t i = 0; code == OPUS_OK && i < o->pid_count; i++)
		code = list_add(ret, o->pids[i], err);
	return code;
}

void target_list_deinit(struct target_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->targets[i].pidfd >= 0)
			close(list->targets[i].pidfd);
	free(list->targets);
	free(seen_objects.items);
	memset(&seen_objects, 0, sizeof(seen_objects));
	memset(list, 0, sizeof(*list));
}

static enum opus_code status_look(struct target *t, struct opus_error *err)
{
	struct proc_status *s = &t->status;
	pid_t other;

	if (!proc_status_read(t->pid, t->pid, s)) {
		if (errno == ENOENT)
			return error_set(err, OPUS_NO_TARGET,
					 "there is no process %d", t->pid);
		return error_set_errno(err, OPUS_PERMISSION,
				       "process %d may not be looked at", t->pid);
	}
	if (s->tgid != t->pid)
		return error_set(err, OPUS_NO_TARGET,
				 "%d is a thread of process %d; give --pid %d",
				 t->pid, s->tgid, s->tgid);
	other = s->memory ? 0 : view_find(t->pid, t->pid);
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
	char path[64];
	unsigned char ident[5] = {0};

	snprintf(path, sizeof(path), "/proc/%d/exe", t->view);
	CLEANUP(cleanup_close) int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && read(fd, ident, sizeof(ident)) == sizeof(ident) &&
	    ident[4] == 1)
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

/* A filter that is not the agent's own lock, which lets the agent work. */
static bool is_confined(const struct target *t, const struct proc_status *s)
{
	return s->seccomp &&
	       !((t->beacon.flags & BEACON_LOCKED) && s->filters == 1);
}

bool target_has_filter(const struct target *t)
{
	CLEANUP(cleanup_free) pid_t *tids = NULL;
	struct proc_status s = t->status;
	ssize_t count = 0;

	if (!is_confined(t, &s) && s.threads > 1)
		count = proc_threads(t->pid, &tids);
	for (ssize_t i = 0; !is_confined(t, &s) && i < count; i++)
		if (!proc_status_read(t->pid, tids[i], &s))
			s.seccomp = 0; /* it has ended */
	return is_confined(t, &s);
}

/* A tracer such as strace(1) stops the process at every turn and lets it go at
 * once: only one that it stays stopped for is an obstacle. */
static bool is_held_by_tracer(const struct target *t)
{
	const struct timespec moment = {0, 5000000};
	struct proc_status s = t->status;

	for (int n = 0; n < 20 && s.state == 't'; n++) {
		nanosleep(&moment, NULL);
		if (!proc_status_read(t->pid, t->view, &s))
			return false;
	}
	return s.state == 't';
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
	if (!bit_is_set(s->caught, t->beacon.signal))
		return error_set(err, OPUS_NO_AGENT,
			"its agent no longer catches signal %u, which would "
			"kill the process now; nothing was sent",
			t->beacon.signal);
	if (s->state == 'T')
		return error_set(err, OPUS_NO_CONTACT,
			"it is stopped (SIGSTOP, SIGTSTP); continue it with "
			"`kill -CONT %d` and try again", t->pid);
	if (is_held_by_tracer(t))
		return error_set(err, OPUS_NO_CONTACT,
			"a debugger (process %d) has stopped it; let it go on "
			"and try again", (int)s->tracer);
	t->confined = target_has_filter(t);
	if (force || !t->confined)
		return OPUS_OK;
	return confine_check(t, err); /* ask the filters */
}

enum opus_code target_check_filter(struct target *t, struct opus_error *err)
{
	struct proc_status now;

	if (t->confined || !proc_status_read(t->pid, t->view, &now) ||
	    !is_confined(t, &now))
		return OPUS_OK;
	t->status = now;
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
		return true;
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
	if (now.pidfd >= 0)
		close(now.pidfd);
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

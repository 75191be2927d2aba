/*
 * inject.c - the sequence: attach, check, borrow, load, give back.
 *
 * Called by:  inject_main.c, run.c.
 * Runs on:    command; most of it in a child of it.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 *   prepare    read agent, objects, unwind information: nobody is stopped
 *   choose     stop one thread after the other until one is at a safe place
 *   borrow     make it create a memfd, map the playground in that, make a
 *              thread; give it back
 *   load       fill in the agent; the new thread calls dlopen(); wait for it
 *   settle     wait for an exec that was begun before
 *
 * The loading itself needs no thread of the host, so a constructor of another
 * library that holds the loader's lock delays us and nobody else.
 */
#include "inject.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "alone.h"
#include "beacon_read.h"
#include "child.h"
#include "common/cleanup.h"
#include "confine.h"
#include "fit.h"
#include "freezer.h"
#include "image.h"
#include "interrupt.h"
#include "jail.h"
#include "limit.h"
#include "load.h"
#include "place.h"
#include "playground.h"
#include "rank.h"
#include "remote.h"
#include "room.h"
#include "settle.h"
#include "suspend.h"
#include "waiting.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010u
#endif

#define SEARCH_NS 2000000000ull
#define START_NS 1000000000ull /* to read its files, on top of that */
#define MOMENT_NS 1000000ull
#define ENDING_MS 200

struct inject {
	struct target *t;
	const struct inject_request *request;
	struct image image;
	struct modules modules;
	struct place *place;
	struct remote_code code;
	struct remote remote;
	struct playground functions;   /* of the target, by address */
	uint64_t syscall_at;           /* its libc's syscall(); 0: not there */
	struct playground *playground; /* our mapping of its data */
	uint64_t data_at, code_at;     /* in the target; 0: not there */
	int fd;                        /* in the target; -1: not there */
	int file;                      /* the same file, here; -1 */
	int folder;                    /* the same: its folder of /proc */
	bool jail;                     /* it has none to open the agent by */
	bool suspend;                  /* filters, of what we trace */
	bool stale;                    /* other objects are mapped by now */
	char why[96];  /* the last thread was refused */
	uint64_t end;  /* of the search for one */
	struct child_start *start; /* shared with the command; NULL: no memory */
	struct inject_report report;
};

/* --- prepare --- */

static void forget(struct inject *in)
{
	place_deinit(&in->place);
	modules_deinit(&in->modules);
}

static enum opus_code look(struct inject *in, struct opus_error *err)
{
	CLEANUP(cleanup_free) char *maps = proc_maps_read(in->t->view);
	enum opus_code code;

	if (!maps)
		return error_set_errno(err, errno == EACCES || errno == EPERM
						    ? OPUS_PERMISSION : OPUS_DIED,
				       "cannot read its mappings");
	/* One whose preloads were not there yet when target_look() looked. */
	if (target_has_agent(in->t->pid) > 0)
		return error_set(err, OPUS_ALREADY, "it has an agent");
	code = modules_init(&in->modules, in->t->view, maps, err);
	if (code == OPUS_OK)
		code = fit_check(&in->modules, &in->functions, err);
	if (code == OPUS_OK)
		code = remote_code_find(&in->modules, &in->code, err);
	if (code == OPUS_OK)
		in->syscall_at = module_symbol(&in->modules, in->modules.libc,
					       "syscall");
	return code;
}

/* At the start of a process its libc may be missing, or be there in part. */
static enum opus_code look_patiently(struct inject *in, struct opus_error *err)
{
	unsigned int again = 3;
	enum opus_code code;

	/* What fails may have been looked at before the loader's last step. */
	while ((code = look(in, err)) != OPUS_ALREADY &&
	       (modules_loading(&in->modules) || alone_is_loading(in->t->view) ||
		(code != OPUS_OK && in->modules.count && again-- > 0 &&
		 modules_changed(&in->modules)))) {
		if (interrupt_clock() > in->end)
			return error_set(err, OPUS_NO_CONTACT,
				"its dynamic loader is still at work after %g s: "
				"it is starting, or loads a library or an agent; try "
				"again",
				SEARCH_NS / 1e9);
		forget(in);
		if (interrupt_poll(NULL, 0, interrupt_clock() + MOMENT_NS, false) ==
		    INTERRUPT_SIGNAL)
			return error_set(err, OPUS_CANCELLED,
					 "interrupted; nothing changed");
	}
	if (code == OPUS_NO_AGENT && modules_replaced(&in->modules))
		return error_set(err, OPUS_DIED,
			"it became another program (exec) each time that it was "
			"looked at; try again");
	return code;
}

static enum opus_code prepare(struct inject *in, struct opus_error *err)
{
	enum opus_code code = look_patiently(in, err);

	in->jail = jail_is(in->t->view);
	if (code == OPUS_OK && in->jail && !in->request->suspend)
		code = jail_check(in->t, err);
	if (code == OPUS_OK)
		code = place_init(&in->place, &in->modules, in->code.home,
				  err);
	if (in->start)
		in->start->over = true;
	return code;
}

/* --- choose --- */

/* Let the borrowed thread go, and remember how long it was stopped. */
static void give_back(struct inject *in)
{
	uint64_t pause = remote_detach(&in->remote);

	if (pause > in->report.pause_ns)
		in->report.pause_ns = pause;
}

/* Stop this thread: OPUS_OK, and it is at a safe place. */
static enum opus_code thread_try(struct inject *in, pid_t tid,
				 struct opus_error *err)
{
	const char *why;
	enum opus_code code;

	in->report.tried++;
	code = remote_attach(&in->remote, in->t->pid, tid, &in->code, err);
	if (code == OPUS_NO_ANSWER)
		snprintf(in->why, sizeof(in->why), "%.95s", err->text);
	if (code != OPUS_OK)
		return code;
	waiting_note_stopped(&in->remote.saved, in->syscall_at, &in->image);
	if (in->suspend)
		code = remote_suspend(&in->remote, err);
	else if (in->remote.confined && !in->request->force)
		code = confine_check_stopped(&in->remote, err); /* it may be new */
	if (code != OPUS_OK) {
		give_back(in);
		return code;
	}
	why = place_refusal(in->place, &in->remote);
	if (!why) {
		in->report.thread = tid;
		return OPUS_OK;
	}
	give_back(in);
	snprintf(in->why, sizeof(in->why), "thread %d %s", (int)tid, why);
	return error_set(err, OPUS_NO_CONTACT, "%s", in->why);
}

static enum opus_code thread_borrow(struct inject *in, struct opus_error *err);

static bool lives(const struct proc_status *leader)
{
	return leader->memory || leader->threads > 1;
}

static bool may_try_another(enum opus_code code, const struct inject *in)
{
	struct proc_status s;

	/* A thread may end at any time, and others be as good. */
	return code == OPUS_NO_CONTACT ||
	       ((code == OPUS_DIED || code == OPUS_NO_ANSWER) &&
		!in->playground && in->fd < 0 &&
		proc_status_read(in->t->pid, in->t->pid, &s) && lives(&s));
}

static enum opus_code choose(struct inject *in, struct opus_error *err)
{
	enum opus_code code = OPUS_NO_CONTACT;
	pid_t only = in->request->thread;
	unsigned int round = 0;
	char cgroup[FREEZER_PATH];
	struct proc_status s;

	if (only && !proc_status_read(in->t->pid, only, &s))
		return error_set(err, OPUS_NO_TARGET,
				 "process %d has no thread %d", in->t->pid, only);
	do {
		CLEANUP(cleanup_free) pid_t *tids = NULL;
		size_t count = rank_threads(in->t, only, round++, &tids);

		if (!proc_status_read(in->t->pid, in->t->pid, &s) ||
		    (!count && !lives(&s)))
			return error_set(err, OPUS_DIED,
					 "the process ended before it was joined");
		if (!count)
			snprintf(in->why, sizeof(in->why), "%s",
				 "all wait in the kernel, for a disk or a vforked "
				 "child");
		if (freezer_holds(in->t->pid, cgroup))
			return error_set(err, OPUS_NO_CONTACT, FREEZER_WORDS, cgroup);
		if (s.state == 'T')
			return error_set(err, OPUS_NO_CONTACT,
				"it is stopped (SIGSTOP, SIGTSTP); continue it "
				"with `kill -CONT %d` and try again", in->t->pid);
		for (size_t i = 0; i < count; i++) {
			code = thread_try(in, tids[i], err);
			if (code == OPUS_OK)
				code = thread_borrow(in, err);
			if (!may_try_another(code, in) ||
			    (code == OPUS_NO_CONTACT && !in->why[0]))
				return code;
			if (interrupt_seen())
				return error_set(err, OPUS_CANCELLED,
					"interrupted; nothing changed");
		}
		interrupt_poll(NULL, 0, interrupt_clock() + MOMENT_NS, true);
		in->stale = modules_changed(&in->modules);
	} while (interrupt_clock() < in->end && !in->stale);
	return error_set(err, OPUS_NO_CONTACT,
		"none of its threads (%u) came to a place where libc can be called "
		"within %g s (%s); try again when it is less busy",
		s.threads, SEARCH_NS / 1e9, in->why);
}

/* --- borrow --- */

static enum opus_code call_failed(const char *what, uint64_t result,
				  struct opus_error *err)
{
	errno = -(int)(int64_t)result;
	return error_set_errno(err, OPUS_RESOURCE, "%s failed in the process%s", what,
			       errno != ENOMEM ? ""
			       : ": it may have no more memory or mappings (RLIMIT_AS, RLIMIT_DATA, vm.max_map_count)");
}

static bool is_error(uint64_t result)
{
	return result > -4096ull;
}

static enum opus_code memfd_make(struct inject *in, struct opus_error *err)
{
	static const char name[] = BEACON_AGENT_FILE;
	uint64_t args[6] = {in->remote.words, MFD_CLOEXEC | MFD_EXEC}, fd = 0;
	enum opus_code code;

	code = remote_words(&in->remote, name, sizeof(name), err);
	if (code == OPUS_OK)
		code = remote_call(&in->remote, SYS_memfd_create, args, &fd, err);
	if (code == OPUS_OK && fd == (uint64_t)-EINVAL) { /* before Linux 6.3 */
		args[1] = MFD_CLOEXEC;
		code = remote_call(&in->remote, SYS_memfd_create, args, &fd, err);
	}
	if (code == OPUS_OK && is_error(fd))
		return call_failed("memfd_create", fd, err);
	if (code == OPUS_OK)
		in->fd = (int)fd;
	return code;
}

/* Write what the borrowed thread needs, and map the data of the playground. */
static enum opus_code memfd_begin(struct inject *in, struct opus_error *err)
{
	/* cppcheck-suppress comparePointers ; of one section */
	size_t code_size = (size_t)(playground_end - playground_start);
	off_t at = (off_t)in->image.size;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", in->remote.tid, in->fd);
	in->file = open(path, O_RDWR | O_CLOEXEC);
	if (in->file < 0 ||
	    ftruncate(in->file, at + PLAYGROUND_CODE + PLAYGROUND_DATA) != 0 ||
	    pwrite(in->file, playground_start, code_size, at) !=
		    (ssize_t)code_size)
		return error_set_errno(err, OPUS_RESOURCE,
				       "%s cannot be written to", path);
	in->playground = mmap(NULL, PLAYGROUND_DATA, PROT_READ | PROT_WRITE,
			      MAP_SHARED, in->file, at + PLAYGROUND_CODE);
	if (in->playground != MAP_FAILED)
		return OPUS_OK;
	in->playground = NULL;
	return error_set_errno(err, OPUS_RESOURCE, "cannot map %s", path);
}

static enum opus_code map_make(struct inject *in, size_t size, int protection,
			       int flags, size_t at, uint64_t *ret,
			       struct opus_error *err)
{
	const uint64_t args[6] = {0, size, (uint64_t)protection, (uint64_t)flags,
				  (uint64_t)in->fd, at};
	uint64_t address;
	enum opus_code code = remote_call(&in->remote, SYS_mmap, args, &address,
					  err);

	if (code == OPUS_OK && is_error(address))
		return call_failed("mmap", address, err);
	if (code == OPUS_OK)
		*ret = address;
	return code;
}

static enum opus_code folder_give(struct inject *in, struct opus_error *err)
{
	const struct jail_memory m = {(char *)in->playground + PG_SPARE,
				      in->data_at + PG_SPARE};

	return jail_give(&in->remote, in->t->view, m, &in->folder, err);
}

static enum opus_code thread_make(struct inject *in, struct opus_error *err)
{
	struct playground *p = in->playground;
	const struct remote_run run = {
		.code = in->code_at, .size = PLAYGROUND_CODE,
		.stack = in->data_at + PLAYGROUND_DATA, .data = in->data_at,
		.back = &p->back, .left = PLAYGROUND_LEFT};
	struct limit limit = {0};
	enum opus_code code;

	p->fd = in->fd;
	p->folder = in->folder;
	p->home = in->remote.home;
	p->code = in->code_at;
	snprintf(p->path, sizeof(p->path), "%s/%d",
		 in->folder < 0 ? "/proc/thread-self/fd" : "fd", in->fd);
	code = remote_run(&in->remote, &run, err);
	if (code == OPUS_OK && p->result == EAGAIN &&
	    limit_lift(&limit, in->t->pid)) {
		p->result = 0;
		atomic_store(&p->back, 0);
		code = remote_run(&in->remote, &run, err);
		limit_restore(&limit, in->t->pid);
	}
	if (code == OPUS_OK && p->result != 0) {
		errno = p->result;
		return error_set_errno(err, OPUS_RESOURCE,
				       "the process may not have another thread "
				       "(RLIMIT_NPROC, which CAP_SYS_RESOURCE may "
				       "lift for the moment, or pids.max)");
	}
	return code;
}

/* Nothing of ours runs in the target: take away what was made. */
static void undo(struct inject *in)
{
	struct opus_error ignored;
	const uint64_t data[6] = {in->data_at, PLAYGROUND_DATA};
	const uint64_t code[6] = {in->code_at, PLAYGROUND_CODE};
	const uint64_t fd[6] = {(uint64_t)in->fd};
	const uint64_t folder[6] = {(uint64_t)in->folder};
	uint64_t result;
	bool ok = in->remote.attached && !in->remote.runs;

	if (ok && in->data_at)
		ok = remote_call(&in->remote, SYS_munmap, data, &result,
				 &ignored) == OPUS_OK;
	if (ok && in->code_at)
		ok = remote_call(&in->remote, SYS_munmap, code, &result,
				 &ignored) == OPUS_OK;
	if (ok && in->folder >= 0)
		ok = remote_call(&in->remote, SYS_close, folder, &result,
				 &ignored) == OPUS_OK;
	if (ok && in->fd >= 0)
		(void)!remote_call(&in->remote, SYS_close, fd, &result, &ignored);
}

/* The thread is stopped at a safe place. In any case it is given back. */
static enum opus_code thread_borrow(struct inject *in, struct opus_error *err)
{
	size_t at = in->image.size;
	enum opus_code code;

	if (in->request->check) {
		give_back(in);
		return OPUS_OK;
	}
	code = remote_leave(&in->remote, err);
	if (code != OPUS_OK) {
		snprintf(in->why, sizeof(in->why), "%.95s", err->text);
		give_back(in);
		return code;
	}
	code = image_join_stack(&in->image, &in->remote, err);
	if (code == OPUS_OK)
		code = memfd_make(in, err);
	if (code == OPUS_OK)
		code = memfd_begin(in, err);
	if (code == OPUS_OK) {
		*in->playground = in->functions;
		code = map_make(in, PLAYGROUND_CODE, PROT_READ | PROT_EXEC,
				MAP_PRIVATE, at, &in->code_at, err);
	}
	if (code == OPUS_OK)
		code = map_make(in, PLAYGROUND_DATA, PROT_READ | PROT_WRITE,
				MAP_SHARED, at + PLAYGROUND_CODE, &in->data_at,
				err);
	if (code == OPUS_OK && in->jail)
		code = folder_give(in, err);
	if (code == OPUS_OK)
		code = thread_make(in, err);
	if (code != OPUS_OK)
		undo(in);
	give_back(in);
	/* It may still be in the code that the new thread would take away. */
	if (code == OPUS_OK && in->remote.lost)
		return error_set(err, OPUS_INTERNAL,
			"thread %d did not take its registers back, and goes on by "
			"itself; no agent was loaded", (int)in->report.thread);
	return code;
}

/* --- the whole --- */

static enum opus_code join(struct inject *in, struct opus_error *err)
{
	enum opus_code code = prepare(in, err);

	if (code == OPUS_OK)
		code = room_check(in->t->pid, 0, err);
	if (code == OPUS_OK && !in->request->force)
		code = confine_check_here(in->t, err);
	/* What the way into a jail takes has not been asked for. */
	in->suspend = in->request->suspend &&
		      (code == OPUS_CONFINED ||
		       (code == OPUS_OK && in->jail && target_has_filter(in->t)));
	if (in->suspend)
		code = suspend_check(in->t, err);
	if (code == OPUS_OK)
		code = choose(in, err);
	return code;
}

/* Has the thread ended by which the process is looked at, its first one as a
 * rule, while others live on? Then what was read may be anything. */
static bool view_moves(struct inject *in)
{
	struct proc_status s;
	pid_t view;

	if (in->playground || in->fd >= 0 ||
	    (proc_status_read(in->t->pid, in->t->view, &s) && s.memory))
		return false;
	free(proc_maps_read_any(in->t->pid, &view));
	if (view == in->t->view)
		return false;
	in->t->view = view;
	return true;
}

/* Stacks were unwound by what was mapped before. */
static bool objects_change(const struct inject *in, enum opus_code code)
{
	return code == OPUS_NO_CONTACT && in->stale && !in->playground &&
	       in->fd < 0 && interrupt_clock() < in->end;
}

static enum opus_code inject_run(struct inject *in, struct opus_error *err)
{
	enum opus_code code = image_init(&in->image, in->request->agent, err);

	if (code != OPUS_OK)
		return code;
	in->end = interrupt_clock() + SEARCH_NS;
	do {
		forget(in);
		in->stale = false;
		code = join(in, err);
	} while (code != OPUS_OK && (view_moves(in) || objects_change(in, code)));
	if (code == OPUS_OK && !in->request->check)
		waiting_note(in->t, in->syscall_at, &in->image);
	if (code == OPUS_OK && !in->request->check)
		code = load_begin(in->playground, in->file, &in->image, err);
	if (code == OPUS_OK && !in->request->check)
		code = load_wait(in->playground, in->t, in->data_at, in->suspend,
				 err);
	if (in->suspend)
		load_end();
	if (code == OPUS_OK && !in->request->check)
		settle(in->t);
	return code;
}

/* In a child. */
static enum opus_code work(void *data, struct opus_error *err)
{
	struct inject *in = data;

	/* A thread of the host waits while we do; best effort. */
	setpriority(PRIO_PROCESS, 0, -20);
	return inject_run(in, err);
}

/* Was the agent loaded, and is it ready? */
static enum opus_code joined_check(struct target *t, struct opus_error *err)
{
	enum opus_code code;

	target_close(t);
	code = target_look(t, err);
	if (code == OPUS_NO_AGENT && !t->beacon_at)
		return error_set(err, OPUS_DIED,
			"the process started another program (exec) right after the "
			"agent was loaded; it has none");
	return code;
}

/* Nobody is stopped while the objects are read, so it can be given up then. */
static enum opus_code work_start(struct inject *in, struct opus_error *err)
{
	enum opus_code code;

	in->start = child_start_make();
	code = child_run_start(work, in, &in->report, sizeof(in->report), in->start,
			       SEARCH_NS + START_NS, err);
	child_start_free(in->start);
	return code;
}

enum opus_code inject_agent(struct target *t, const struct inject_request *request,
			    struct inject_report *ret, struct opus_error *err)
{
	uint64_t begin = interrupt_clock();
	struct inject in = {.t = t, .request = request, .fd = -1, .file = -1,
			    .folder = -1};
	struct pollfd end = {.fd = t->pidfd, .events = POLLIN};
	CLEANUP(cleanup_close) int lock = -1;
	struct opus_error now;
	enum opus_code code;

	memset(ret, 0, sizeof(*ret));
	if (t->beacon_at)
		return error_set(err, OPUS_ALREADY, "it has an agent");
	code = alone_lock(t->pid, &lock, err);
	if (code == OPUS_OK)
		code = work_start(&in, err);
	*ret = in.report;
	/* Whatever failed, it is no wonder. Its memory is gone a moment before
	 * it is said to have ended. */
	if (code != OPUS_OK && t->pidfd >= 0 &&
	    poll(&end, 1, code == OPUS_RESOURCE ? ENDING_MS : 0) > 0)
		code = error_set(err, OPUS_DIED,
				 "the process ended while it was joined");
	if (code == OPUS_OK && !request->check)
		code = err->code = joined_check(t, err);
	else if (code == OPUS_ALREADY && joined_check(t, &now) != OPUS_OK)
		*err = now, code = now.code;
	ret->total_ns = interrupt_clock() - begin;
	return code;
}

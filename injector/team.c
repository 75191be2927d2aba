/*
 * team.c - deal with several processes at a time.
 *
 * Called by:  run.c.
 * Runs on:    command, and forked helpers of it.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * Of the millisecond that one process takes, the command and the agent wait for
 * each other in turn: with one process at a time one processor is idle. Helpers
 * are forks, not threads, because much of what is done to a process belongs to a
 * whole process or to one thread of it: ids and mask for files, namespaces,
 * tracees, signals. They take the next job from a common counter and send its
 * report through a common socket, which ends when the last of them has.
 *
 *      helper 1      helper 2      command
 *      take job 1    take job 2    fork, read
 *      work          work
 *      report 1 ------------------> tell 1
 *      take job 3    report 2 ----> tell 2
 */
#include "team.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "interrupt.h"
#include "progress.h"

#define TEAM_MOST 8
#define TEAM_JOBS 4 /* a helper; for fewer it is not worth its fork */

struct team {
	struct team_job *jobs;
	size_t count, told;
	team_step work, tell;
	void *data;
	_Atomic size_t *next;    /* shared with the helpers */
	int ends[2];             /* read here, written there */
	pid_t helpers[TEAM_MOST];
	size_t size;             /* how many of them there are */
};

/* From a helper. A job's threads come before its end. */
struct message {
	size_t job;
	bool is_thread;
	union {
		struct wire_thread thread;
		struct {
			struct target target;
			struct report report;
			bool counts;
		} end;
	};
};

/* --- in a helper --- */

static bool message_send(const struct team *team, const struct message *m)
{
	ssize_t n;

	do
		n = send(team->ends[1], m, sizeof(*m), MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(*m);
}

static bool job_send(const struct team *team, size_t number)
{
	const struct team_job *job = &team->jobs[number];
	struct message m = {.job = number, .is_thread = true};

	for (size_t i = 0; i < job->report.thread_count; i++) {
		m.thread = job->report.threads[i].thread;
		if (!message_send(team, &m))
			return false;
	}
	m.is_thread = false;
	m.end.target = *job->t;
	m.end.report = job->report;
	m.end.counts = job->counts;
	return message_send(team, &m);
}

static void helper_run(const struct team *team, pid_t command)
{
	size_t i;

	/* The agent cancels an update whose sender has ended. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != command)
		return;
	progress_share();
	while (!interrupt_seen() && (i = (*team->next)++) < team->count) {
		team->work(team->data, &team->jobs[i]);
		if (!job_send(team, i))
			return;
		target_close(team->jobs[i].t);
	}
}

/* --- in the command --- */

static void helper_start(struct team *team)
{
	pid_t command = getpid(), pid = fork();

	if (pid == 0) {
		close(team->ends[0]);
		helper_run(team, command);
		_exit(0);
	}
	if (pid > 0)
		team->helpers[team->size++] = pid;
}

static void job_take(struct team *team, const struct message *m)
{
	struct team_job *job = &team->jobs[m->job];
	struct report *r = &job->report;
	union client_message thread;

	if (m->is_thread) {
		thread.thread = m->thread;
		report_take(r, &thread);
		return;
	}
	*job->t = m->end.target;
	job->t->pidfd = -1;
	r->error = m->end.report.error;
	r->has_beacon = m->end.report.has_beacon;
	r->has_result = m->end.report.has_result;
	r->was_pending = m->end.report.was_pending;
	r->joined = m->end.report.joined;
	r->join = m->end.report.join;
	r->result = m->end.report.result;
	job->counts = m->end.counts;
	job->done = true;
}

static void jobs_tell(struct team *team)
{
	for (; team->told < team->count && team->jobs[team->told].done; team->told++)
		team->tell(team->data, &team->jobs[team->told]);
}

/* Read until the last helper has ended. They get signals that ask us to stop
 * from here, since a terminal alone would send them to all of us. */
static void reports_read(struct team *team)
{
	struct pollfd p = {.fd = team->ends[0], .events = POLLIN};
	struct message m;
	bool deaf = false;
	ssize_t n = 1;

	while (n > 0) {
		if (interrupt_poll(&p, 1, UINT64_MAX, deaf) == INTERRUPT_SIGNAL) {
			for (size_t i = 0; i < team->size; i++)
				kill(team->helpers[i], interrupt_seen());
			deaf = true;
			continue;
		}
		do
			n = recv(p.fd, &m, sizeof(m), 0);
		while (n < 0 && errno == EINTR);
		if (n == (ssize_t)sizeof(m) && m.job < team->count) {
			job_take(team, &m);
			jobs_tell(team);
		}
	}
}

/* What was begun and has no report was begun by a helper that was killed. */
static void reports_end(struct team *team)
{
	size_t begun = *team->next;

	for (size_t i = team->told; i < team->count && i < begun; i++) {
		struct team_job *job = &team->jobs[i];

		if (job->done)
			continue;
		(void)!error_set(&job->report.error, OPUS_INTERNAL,
			"the process that was to do it was killed; see "
			"`opus-send status --pid %d` for its state", job->t->pid);
		job->counts = job->done = true;
	}
	jobs_tell(team);
}

static void team_work(struct team *team, size_t size)
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, team->ends) != 0)
		return;
	for (size_t i = 0; i < size; i++)
		helper_start(team);
	close(team->ends[1]);
	reports_read(team);
	close(team->ends[0]);
	for (size_t i = 0; i < team->size; i++)
		while (waitpid(team->helpers[i], NULL, 0) < 0 && errno == EINTR)
			;
	reports_end(team);
}

/* One more than there are processors: some wait. On a single one nothing is won. */
static size_t team_size(size_t count)
{
	cpu_set_t set;
	size_t size = sched_getaffinity(0, sizeof(set), &set) == 0
			      ? (size_t)CPU_COUNT(&set) : 1;

	size = size > 1 ? size + 1 : 0;
	size = size < TEAM_MOST ? size : TEAM_MOST;
	return size < count / TEAM_JOBS ? size : count / TEAM_JOBS;
}

size_t team_run(struct team_job *jobs, size_t count, bool many, team_step work,
		team_step tell, void *data)
{
	struct team team = {.jobs = jobs, .count = count, .work = work,
			    .tell = tell, .data = data};
	size_t size = many ? team_size(count) : 0;
	void *shared = size < 2 ? MAP_FAILED
		: mmap(NULL, sizeof(*team.next), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared != MAP_FAILED) {
		team.next = shared;
		team_work(&team, size);
		munmap(shared, sizeof(*team.next));
	}
	/* One after the other what is left: all, as a rule. */
	for (; team.told < count && !interrupt_seen(); team.told++) {
		work(data, &jobs[team.told]);
		tell(data, &jobs[team.told]);
	}
	return team.told;
}

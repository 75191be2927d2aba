/*
 * run.c - do one verb to each target.
 *
 * Called by:  the verbs.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * Each target has its own result, and a failure with one does not keep the others
 * from being patched.
 */
#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/audit.h"
#include "common/cleanup.h"
#include "contact.h"
#include "interrupt.h"
#include "tree.h"

static enum opus_code patch_open(struct run *run, struct opus_error *err)
{
	enum opus_code code;

	if (run->o->verb != VERB_APPLY && run->o->verb != VERB_CHECK)
		return OPUS_OK;
	code = patch_file_init(&run->patch, run->o->operand, err);
	if (code == OPUS_OK)
		code = patch_file_check_args(&run->patch, run->o, err);
	return code;
}

/* The options describe processes instead of naming them. */
static bool is_search(const struct options *o)
{
	return o->pid_count == 0;
}

bool run_has_patch(const struct run *run, const struct target *t)
{
	const struct beacon *b = &t->beacon;

	for (uint32_t i = 0; i < b->patches && i < BEACON_PATCHES; i++) {
		const struct beacon_patch *p = &b->patch[i];

		if (run->o->verb == VERB_REVERT
			    ? strcmp(p->name, run->o->operand) == 0
			    : p->state == WIRE_PATCH_APPLIED &&
				      memcmp(p->digest, run->patch.plan.header->digest,
					     sizeof(p->digest)) == 0)
			return true;
	}
	return false;
}

/* Is it as the verb leaves a process? */
static bool is_so(const struct run *run, const struct target *t)
{
	const struct beacon *b = &t->beacon;
	bool applied = false;

	if (run->o->verb != VERB_REVERT)
		return run_has_patch(run, t);
	for (uint32_t i = 0; i < b->patches && i < BEACON_PATCHES; i++)
		applied |= b->patch[i].state == WIRE_PATCH_APPLIED &&
			   strcmp(b->patch[i].name, run->o->operand) == 0;
	return !applied;
}

/* There is no agent: bring it in, unless that is forbidden. A rehearsal finds
 * out whether it could be, and ends there: without an agent nobody can hold the
 * patch against the memory of the process. */
static void join(const struct run *run, struct target *t, struct report *r)
{
	const struct inject_request request = {
		.agent = inject_agent_path(), .check = run->o->dry_run,
		.force = run->o->force_confined,
		.suspend = run->o->suspend_seccomp};
	enum opus_code code;
	int maps = 0;

	if (target_plan_watched(t->pid, &run->patch.plan, &maps, &r->error) != OPUS_OK)
		return;
	if (maps == 0) {
		error_set(&r->error, OPUS_NO_MATCH,
			"it has no agent, and none was brought in: no object "
			"that it has loaded is one that the patch was made for");
		return;
	}
	code = inject_agent(t, &request, &r->join, &r->error);
	if (code == OPUS_ALREADY) { /* it was at its start when we looked */
		error_clear(&r->error);
		return;
	}
	if (code == OPUS_OK && run->o->dry_run)
		error_set(&r->error, OPUS_NO_AGENT,
			"it has no agent; that can be brought in, and `apply` "
			"without --dry-run will do so, but until then the patch "
			"cannot be tried");
	else
		r->joined = code == OPUS_OK;
}

/* A process that was found may have ended since, and `revert` means those that
 * have the patch: such targets are not mentioned at all. Neither are, in later
 * rounds, those that were born with the patch. */
static bool is_concerned(const struct run *run, const struct report *r)
{
	const struct options *o = run->o;

	if (!is_search(o))
		return true;
	if (r->error.code == OPUS_NO_TARGET || r->error.code == OPUS_DIED ||
	    r->t->vforked)
		return false;
	/* It was found for its agent, and is another program without one now. */
	if (r->error.code == OPUS_NO_AGENT && !r->t->beacon_at &&
	    o->verb != VERB_APPLY && o->verb != VERB_CHECK)
		return false;
	if (!r->has_beacon)
		return true;
	if (o->verb == VERB_REVERT)
		return r->t->beacon.patches >= BEACON_PATCHES ||
		       run_has_patch(run, r->t);
	return o->verb != VERB_APPLY || run->round == 0 ||
	       !run_has_patch(run, r->t);
}

/* It may be at its start, or was about to become another program: a moment
 * later it has an agent, and what the store holds for it, or has ended. So have
 * most that confine themselves for a session, as sshd does before the login, by
 * filters and by limits; and what did not stop since it waited in the kernel has
 * come out of it. */
static bool is_moving(const struct options *o, enum opus_code code)
{
	return code == OPUS_NO_AGENT || code == OPUS_DIED ||
	       code == OPUS_CONFINED || code == OPUS_RESOURCE ||
	       code == OPUS_NO_ANSWER ||
	       (o->verb == VERB_CHECK && code == OPUS_NO_PATCH);
}

static void audit_update(const struct run *run, const struct report *r)
{
	const struct options *o = run->o;
	struct audit record = {
		.action = options_verb_name(o->verb), .pid = r->t->pid,
		.patch = run->patch.fd < 0 ? o->operand
			: plan_string(&run->patch.plan, run->patch.plan.info->name),
		.command = r->t->status.name, .pause_ns = r->result.pause_ns,
		.result = &r->error,
	};

	if ((o->verb == VERB_APPLY || o->verb == VERB_REVERT) && !o->dry_run)
		audit_send(&record);
}

/* Look at the process, and do the verb to it. */
static void job_work(void *data, struct team_job *job)
{
	struct run *run = data;
	struct target *t = job->t;
	struct report *r = &job->report;

	r->error.code = target_look(t, &r->error);
	if (r->error.code == OPUS_NO_AGENT && !t->beacon_at &&
	    run->o->verb == VERB_APPLY && !run->o->no_attach && !job->may_wait)
		join(run, t, r);
	r->has_beacon = t->beacon_at != 0 && r->error.code == OPUS_OK;
	job->counts = is_concerned(run, r);
	if (job->counts && r->has_beacon)
		run->one(run, t, r);
	if (r->thread_count >= CLIENT_MESSAGES) /* no process has so many */
		report_clear_threads(r);
}

/*
 * Is that no failure of the command? Sessions end all the time, or become another
 * program that never had the patch. One of several --pid that ended meanwhile runs
 * no old code any more, either; one that was never there may be mistyped.
 */
static bool is_forgiven(const struct run *run, const struct target *t,
			enum opus_code code)
{
	const struct options *o = run->o;

	if (!is_search(o))
		return o->pid_count > 1 &&
		       (code == OPUS_DIED ||
			(code == OPUS_NO_TARGET && t->lived && target_is_gone(t)));
	return code == OPUS_DIED ||
	       (code == OPUS_NO_PATCH && o->verb == VERB_REVERT);
}

/* What came of it counts, unless it gets another look or does not matter. */
static void job_tell(void *data, struct team_job *job)
{
	struct run *run = data;
	const struct report *r = &job->report;
	enum opus_code code = r->error.code;
	bool late = job->may_wait && is_moving(run->o, code);

	run->seen[job->seen].late = late;
	run->seen[job->seen].settled = code_status(code) == 0 ||
				       code == OPUS_DIED || code == OPUS_NO_TARGET;
	run->late |= late;
	if (!late && job->counts) {
		audit_update(run, r);
		output_report(run->out, r);
		if (!is_forgiven(run, job->t, code))
			run->codes[run->code_count++] = code;
	}
	report_deinit(&job->report);
	target_close(job->t); /* of a thousand, each would keep a descriptor */
}

/* --- rounds --- */

#define ROUNDS 20

static struct run_seen *seen_find(struct run *run, const struct target *t)
{
	for (size_t i = 0; i < run->seen_count; i++)
		if (run->seen[i].pid == t->pid && run->seen[i].start == t->start)
			return &run->seen[i];
	return NULL;
}

#define LOOKS 3

/* A process that was dealt with may have become another program since (a server that
 * begins anew for its configuration), or itself again, which has not what was done to
 * it: id and start time stay. */
static bool is_another_now(const struct run *run, const struct run_seen *s)
{
	struct target now = {.pid = s->pid, .view = s->pid, .pidfd = -1};
	struct opus_error ignored;
	enum opus_code code;

	if (!s->settled || s->looks >= LOOKS)
		return false;
	code = target_look(&now, &ignored);
	target_close(&now);
	if (code == OPUS_NO_AGENT)
		return !now.vforked && run->o->verb != VERB_REVERT;
	return code == OPUS_OK && now.beacon.patches < BEACON_PATCHES &&
	       !is_so(run, &now);
}

static bool room_make(struct run *run, size_t more)
{
	void *seen = realloc(run->seen, (run->seen_count + more + 1) *
						sizeof(*run->seen));
	void *codes = realloc(run->codes, (run->code_count + more + 1) *
						  sizeof(*run->codes));
	void *jobs = realloc(run->jobs, (more + 1) * sizeof(*run->jobs));

	if (seen)
		run->seen = seen;
	if (codes)
		run->codes = codes;
	if (jobs)
		run->jobs = jobs;
	return seen && codes && jobs;
}

static void job_make(struct run *run, struct team_job *job, struct target *t,
		     struct run_seen *s, bool may_wait)
{
	if (!s) {
		s = &run->seen[run->seen_count++];
		*s = (struct run_seen){.pid = t->pid, .start = t->start};
	}
	s->late = false;
	s->looks++;
	memset(job, 0, sizeof(*job));
	report_init(&job->report, t);
	job->t = t;
	job->may_wait = may_wait;
	job->seen = (size_t)(s - run->seen);
}

/* Failures as others are: what could be done to the rest is done. */
static void silent_tell(struct run *run, const struct target_list *list)
{
	for (size_t i = 0; run->codes && i < list->silent_count; i++) {
		const struct silent *s = &list->silent[i];
		struct target t = {.pid = s->pid, .view = s->pid, .pidfd = -1,
				   .start = s->start};
		struct report r;

		if (!proc_status_read(t.pid, t.pid, &t.status))
			continue;
		report_init(&r, &t);
		run->codes[run->code_count++] = watch_silent(s->note, &r.error);
		audit_update(run, &r);
		output_report(run->out, &r);
		report_deinit(&r);
	}
}

/* The new ones of the list, and those that get another look. */
static size_t jobs_make(struct run *run, struct target_list *list, bool repeat)
{
	bool last = run->round + 1 >= ROUNDS;
	size_t count = 0;

	for (size_t i = 0; run->seen && run->jobs && i < list->count; i++) {
		struct target *t = &list->targets[i];
		struct run_seen *s = run->round ? seen_find(run, t) : NULL;

		if (s && !s->late && !is_another_now(run, s))
			continue;
		job_make(run, &run->jobs[count++], t, s,
			 repeat && !last && !(s && s->late));
	}
	return count;
}

/* Deal with those that are new, `*ret_count`; how many were dealt with? None before
 * those that may be its parents. */
static size_t run_round(struct run *run, struct target_list *list, bool repeat,
			size_t *ret_count)
{
	bool many = run->o->verb == VERB_APPLY || run->o->verb == VERB_REVERT;
	size_t count = jobs_make(run, list, repeat), fresh = 0, size;

	*ret_count = count;

	for (size_t i = 0; i < count && !interrupt_seen(); i += size) {
		for (size = 1; i + size < count &&
		     run->jobs[i + size].t->depth == run->jobs[i].t->depth; size++)
			;
		fresh += team_run(&run->jobs[i], size, many, job_work, job_tell,
				  run);
	}
	if (run->o->verb != VERB_STATUS)
		contact_sweep_all(list);
	return fresh;
}

static size_t late_count(const struct run *run)
{
	size_t count = 0;

	for (size_t i = 0; i < run->seen_count; i++)
		count += run->seen[i].late;
	return count;
}

static bool is_alive(const struct run_seen *s)
{
	struct tree_node now;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/stat", s->pid);
	CLEANUP(cleanup_free) char *text = proc_file_read(path, NULL);

	return text && tree_stat_parse(text, &now) && now.start == s->start;
}

/* Those that were to be looked at again, and were not found again: they have left the
 * tree or the unit, since a parent has ended, but run on. */
static enum opus_code late_run(struct run *run, struct opus_error *err)
{
	for (size_t i = 0; i < run->seen_count; i++) {
		struct run_seen *s = &run->seen[i];
		struct target t = {.pid = s->pid, .view = s->pid, .pidfd = -1,
				   .start = s->start};

		if (!s->late || !is_alive(s))
			continue;
		if (!room_make(run, 1))
			return error_set(err, OPUS_RESOURCE, "no memory");
		job_make(run, run->jobs, &t, &run->seen[i], false);
		team_run(run->jobs, 1, false, job_work, job_tell, run);
		target_close(&t);
	}
	return OPUS_OK;
}

/* What is at its very start has its agent a moment later. */
static void late_wait(struct run *run)
{
	const struct timespec moment = {0, 100000000};

	if (run->late)
		nanosleep(&moment, NULL);
	run->late = false;
}

/*
 * A process may have forked just before it was patched: look again until
 * nobody is new. A child of a patched process comes out patched, so this ends
 * soon where parents come first.
 */
static enum opus_code run_rounds(struct run *run, struct hidden *hidden,
				 struct opus_error *err)
{
	const struct options *o = run->o;
	bool repeat = is_search(o) && !o->dry_run &&
		      (o->verb == VERB_APPLY || o->verb == VERB_REVERT ||
		       o->verb == VERB_CHECK);
	size_t fresh = 1, count;

	for (run->round = 0; fresh && run->round < (repeat ? ROUNDS : 1);
	     run->round++) {
		struct target_list list;
		struct opus_error why = {0};
		enum opus_code code = target_list_init(
			o, run->patch.fd >= 0 ? &run->patch.plan : NULL, &list,
			&why);

		*hidden = list.hidden;
		run->out->bare = list.bare;
		if (!room_make(run, list.count + list.silent_count))
			code = error_set(&why, OPUS_RESOURCE, "no memory");
		count = 0;
		silent_tell(run, &list);
		fresh = code == OPUS_OK ? run_round(run, &list, repeat, &count) : 0;
		count -= fresh; /* not begun */
		count += interrupt_seen() ? late_count(run) : 0;
		if (interrupt_seen() && count > 0)
			code = error_set(&why, OPUS_CANCELLED,
				"interrupted: %zu of %zu processes were not tried",
				count, run->seen_count);
		late_wait(run);
		target_list_deinit(&list);
		/* Those that were silent may be the ones that were looked for. */
		if ((code == OPUS_NO_TARGET || code == OPUS_NO_AGENT) &&
		    run->round == 0 && run->code_count)
			code = OPUS_OK;
		if (code != OPUS_OK && (run->round == 0 || code == OPUS_RESOURCE ||
					code == OPUS_CANCELLED)) {
			*err = why;
			return code;
		}
		if (interrupt_seen())
			return OPUS_OK;
	}
	return late_run(run, err);
}

/* Does a process that may not be looked at belong to what is to be changed? With --all
 * that is not known, and an ordinary user has many of them. */
static bool is_left_out(const struct options *o)
{
	return (o->verb == VERB_APPLY || o->verb == VERB_REVERT) &&
	       (o->tree || o->unit);
}

static enum opus_code run_all(struct run *run, struct hidden *hidden,
			      struct opus_error *err)
{
	enum opus_code code = run_rounds(run, hidden, err);
	char who[HIDDEN_TEXT];

	/* One that is known to run the old code counts more. */
	if (run->o->verb == VERB_CHECK && hidden->count &&
	    report_fold(run->codes, run->code_count) == OPUS_OK) {
		hidden_describe(hidden, who);
		return error_set(err, OPUS_PERMISSION,
				 "%s may not be looked at and may run the old code", who);
	}
	/* Nobody has the hole, so nobody runs it. */
	if (run->o->verb == VERB_CHECK && code == OPUS_NO_TARGET &&
	    is_search(run->o)) {
		error_clear(err);
		return OPUS_OK;
	}
	if (code != OPUS_OK)
		return code;
	if (run->code_count == 0 && run->o->verb == VERB_REVERT && is_search(run->o))
		return error_set(err, OPUS_NO_PATCH,
				 "no process has a patch %s", run->o->operand);
	if (run->code_count == 0)
		return error_set(err, OPUS_NO_TARGET,
				 "all the processes have ended");
	code = report_fold(run->codes, run->code_count);
	if (code_status(code) == 0 && hidden->count && is_left_out(run->o)) {
		hidden_describe(hidden, who);
		return error_set(err, OPUS_SOME_FAILED,
				 "%s may not be looked at and was left out", who);
	}
	return code;
}

/* --- persist --- */

/*
 * The store comes first: a program that starts, or that becomes another one,
 * while the running ones are seen to, must find it as it is to be.
 */
static enum opus_code persist_begin(struct run *run, struct opus_error *err)
{
	const struct options *o = run->o;
	enum opus_code code;

	if (!o->persist || o->dry_run)
		return OPUS_OK;
	code = o->verb == VERB_APPLY
		? verb_store_add(&run->patch, NULL, run->out, err)
		: verb_store_change("remove", o->operand, run->out, err);
	run->stored = code == OPUS_OK;
	if (o->verb == VERB_REVERT && code == OPUS_NO_PATCH)
		code = OPUS_OK;
	if (code_status(code) == 0)
		error_clear(err);
	return code_status(code) == 0 ? OPUS_OK : code;
}

/* Does any process run the patch, or will as soon as its threads let it? */
static bool is_in_any(const struct run *run)
{
	for (size_t i = 0; i < run->code_count; i++)
		if (code_status(run->codes[i]) == 0 || run->codes[i] == OPUS_PENDING)
			return true;
	return false;
}

/* What could be applied nowhere is not for later starts either. A patch that
 * only the store had is reverted by its removal. */
static enum opus_code persist_end(struct run *run, enum opus_code code,
				  struct opus_error *err)
{
	const char *name = run->patch.fd >= 0
		? plan_string(&run->patch.plan, run->patch.plan.info->name) : NULL;
	struct opus_error ignored;

	if (!run->stored)
		return code;
	if (run->o->verb == VERB_REVERT && code == OPUS_NO_PATCH) {
		error_clear(err);
		return OPUS_OK;
	}
	if (run->o->verb == VERB_APPLY && code_status(code) != 0 && !is_in_any(run))
		(void)!verb_store_change("remove", name, run->out, &ignored);
	return code;
}

enum opus_code run_targets(const struct options *o, struct output *out,
			   run_one one)
{
	struct run run = {.o = o, .out = out, .one = one, .patch = {.fd = -1}};
	struct opus_error err = {0};
	enum opus_code code;
	struct hidden hidden = {0};

	interrupt_catch();
	code = target_check_proc(&err);
	if (code == OPUS_OK)
		code = patch_open(&run, &err);
	if (code == OPUS_OK)
		code = persist_begin(&run, &err);
	if (code == OPUS_OK)
		code = persist_end(&run, run_all(&run, &hidden, &err), &err);
	output_end(out, code, err.code != OPUS_OK ? &err : NULL, &hidden);
	fflush(stdout);
	free(run.seen);
	free(run.codes);
	free(run.jobs);
	patch_file_deinit(&run.patch);
	return code;
}

/*
 * run.c - do one verb to each target.
 *
 * Called by:  the verbs.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * One target after the other: each has its own result, and a failure with one
 * does not keep the others from being patched.
 */
#include "run.h"

#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "contact.h"
#include "interrupt.h"

static enum opus_code patch_open(struct run *run, struct opus_error *err)
{
	enum opus_code code;

	if (run->o->verb != VERB_APPLY)
		return OPUS_OK;
	code = patch_file_init(&run->patch, run->o->operand, err);
	if (code == OPUS_OK)
		code = patch_file_check_args(&run->patch, run->o, err);
	return code;
}

/* With --all a process may have ended since it was found, and `revert` means
 * those that have the patch: such targets are not mentioned at all. */
static bool is_concerned(const struct options *o, const struct report *r)
{
	const struct beacon *b = &r->t->beacon;

	if (!o->all)
		return true;
	if (r->error.code == OPUS_NO_TARGET || r->error.code == OPUS_DIED)
		return false;
	if (o->verb != VERB_REVERT || !r->has_beacon ||
	    b->patches >= BEACON_PATCHES)
		return true;
	for (uint32_t i = 0; i < b->patches; i++)
		if (strcmp(b->patch[i].name, o->operand) == 0)
			return true;
	return false;
}

/* There is no agent: bring it in, unless that is forbidden. A rehearsal finds
 * out whether it could be, and ends there: without an agent nobody can hold the
 * patch against the memory of the process. */
static void join(const struct run *run, struct target *t, struct report *r)
{
	enum opus_code code;

	if (target_maps_plan(t->pid, &run->patch.plan) == 0) {
		error_set(&r->error, OPUS_NO_MATCH,
			"it has no agent, and none was brought in: no object "
			"that it has loaded is one that the patch was made for");
		return;
	}
	code = inject_agent(t, inject_agent_path(), run->o->dry_run, &r->join,
			    &r->error);
	if (code == OPUS_OK && run->o->dry_run)
		error_set(&r->error, OPUS_NO_AGENT,
			"it has no agent; that can be brought in, and `apply` "
			"without --dry-run will do so, but until then the patch "
			"cannot be tried");
	else
		r->joined = code == OPUS_OK;
}

/* False if the target was left out. */
static bool run_target(struct run *run, struct target *t, run_one one,
		       enum opus_code *ret)
{
	struct report r;
	bool concerned;

	report_init(&r, t);
	r.error.code = target_look(t, &r.error);
	if (r.error.code == OPUS_NO_AGENT && !t->beacon_at &&
	    run->o->verb == VERB_APPLY && !run->o->no_attach)
		join(run, t, &r);
	r.has_beacon = t->beacon_at != 0 && r.error.code == OPUS_OK;
	concerned = is_concerned(run->o, &r);
	if (concerned) {
		if (r.has_beacon)
			one(run, t, &r);
		*ret = r.error.code;
		output_report(run->out, &r);
	}
	report_deinit(&r);
	return concerned;
}

static enum opus_code run_list(struct run *run, struct target_list *list,
			       run_one one, struct opus_error *err)
{
	CLEANUP(cleanup_free) enum opus_code *codes =
		calloc(list->count, sizeof(*codes));
	size_t count = 0;

	if (!codes)
		return error_set(err, OPUS_RESOURCE, "no memory");
	for (size_t i = 0; i < list->count && !interrupt_seen(); i++)
		if (run_target(run, &list->targets[i], one, &codes[count]))
			count++;
	if (interrupt_seen() && count < list->count)
		return error_set(err, OPUS_CANCELLED,
			"interrupted: %zu of %zu processes were not tried",
			list->count - count, list->count);
	if (count == 0 && run->o->verb == VERB_REVERT)
		return error_set(err, OPUS_NO_PATCH,
				 "no process has a patch %s", run->o->operand);
	if (count == 0)
		return error_set(err, OPUS_NO_TARGET,
				 "all processes that were found have ended");
	return report_fold(codes, count);
}

/* --persist. What is running was seen to: if that failed in all processes, what
 * starts later is left alone, too. */
static enum opus_code persist(struct run *run, enum opus_code code,
			      struct opus_error *err)
{
	const struct options *o = run->o;
	struct opus_error why = {0};
	enum opus_code stored;

	if (o->dry_run || (code_status(code) != 0 && code != OPUS_PENDING &&
			   code != OPUS_SOME_FAILED &&
			   !(code == OPUS_NO_PATCH && o->verb == VERB_REVERT)))
		return code;
	stored = o->verb == VERB_REVERT
		? verb_store_change("remove", o->operand, run->out, &why)
		: verb_store_add(&run->patch, NULL, run->out, &why);
	if (code_status(stored) == 0) {
		if (code == OPUS_NO_PATCH)
			error_clear(err);
		return code == OPUS_NO_PATCH ? OPUS_OK : code;
	}
	if (err->code == OPUS_OK)
		*err = why;
	return code_status(code) == 0 ? stored : code;
}

enum opus_code run_targets(const struct options *o, struct output *out,
			   run_one one)
{
	struct run run = {.o = o, .out = out, .patch = {.fd = -1}};
	struct target_list list = {0};
	struct opus_error err = {0};
	enum opus_code code;

	interrupt_catch();
	code = patch_open(&run, &err);
	if (code == OPUS_OK)
		code = target_list_init(o, o->verb == VERB_APPLY
						   ? &run.patch.plan : NULL,
					&list, &err);
	if (code == OPUS_OK)
		code = run_list(&run, &list, one, &err);
	if (o->persist)
		code = persist(&run, code, &err);
	output_end(out, code, err.code != OPUS_OK ? &err : NULL, list.hidden);
	fflush(stdout);
	if (o->verb != VERB_STATUS)
		for (size_t i = 0; i < list.count; i++)
			if (list.targets[i].beacon_at)
				contact_sweep(&list.targets[i]);
	target_list_deinit(&list);
	patch_file_deinit(&run.patch);
	return code;
}

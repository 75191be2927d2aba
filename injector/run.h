/*
 * run.h - do one verb to each target.
 *
 * Included by: injector/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_RUN_H
#define OPUS_RUN_H

#include "output.h"
#include "patch_file.h"
#include "report.h"
#include "team.h"

struct run;

/* A verb for one target, whose beacon has been read. Fills in the report, its
 * `error` in any case. */
typedef void (*run_one)(struct run *run, struct target *t, struct report *r);

/* A process. Ids are given anew, start times not. */
struct run_seen {
	pid_t pid;
	uint64_t start;
	bool late;          /* had no agent yet: to be looked at again */
	bool settled;       /* done, or it was another program just then */
	unsigned int looks; /* how often it was dealt with */
};

struct run {
	const struct options *o;
	struct output *out;
	run_one one;
	struct patch_file patch; /* of apply; fd -1 for other verbs */
	unsigned int round;      /* how often the processes were looked for */
	struct run_seen *seen;   /* dealt with so far */
	size_t seen_count;
	bool late;               /* one of them is `late` */
	enum opus_code *codes;   /* of those that are concerned */
	size_t code_count;
	struct team_job *jobs;   /* of this round */
	bool stored;             /* --persist has changed the store */
};

/*
 * Find the targets, do `one` to each, print the reports. The value is the code
 * for all of them together; what there is to say has been printed.
 */
enum opus_code run_targets(const struct options *o, struct output *out,
			   run_one one);

/* Does its beacon say that it runs this very patch (or, for revert, has one of
 * that name)? */
bool run_has_patch(const struct run *run, const struct target *t);

/* The verbs. They print and return the code for the exit status. */
typedef enum opus_code (*run_verb)(const struct options *o, struct output *out);
enum opus_code verb_apply(const struct options *o, struct output *out);
enum opus_code verb_revert(const struct options *o, struct output *out);
enum opus_code verb_status(const struct options *o, struct output *out);
enum opus_code verb_list(const struct options *o, struct output *out);
enum opus_code verb_why(const struct options *o, struct output *out);
enum opus_code verb_wait(const struct options *o, struct output *out);
enum opus_code verb_cancel(const struct options *o, struct output *out);
enum opus_code verb_log(const struct options *o, struct output *out);
enum opus_code verb_scan(const struct options *o, struct output *out);
enum opus_code verb_check(const struct options *o, struct output *out);
enum opus_code verb_store(const struct options *o, struct output *out);
enum opus_code verb_inspect(const struct options *o, struct output *out);

/* Parts of verb_store() that apply and revert use with --persist. Errors as in
 * store.h; what was done is printed. */
enum opus_code verb_store_add(const struct patch_file *f, const char *path,
			      struct output *out, struct opus_error *err)
	MUST_CHECK;
enum opus_code verb_store_change(const char *action, const char *name,
				 struct output *out, struct opus_error *err)
	MUST_CHECK;

#endif

/*
 * split.c - one diff, several targets: a patch for each of them.
 *
 * Called by:  build.c, behind pass_closure.
 * Runs on:    command; a child process per target.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * The same source may be in several targets, with the same names, and a process
 * need not have all of them loaded. So each target gets a patch of its own,
 * with the same labels. From here on a build is about one patch: a child takes
 * what concerns its target and goes on alone.
 *
 * If the fix makes something new in one target that another's code uses, only a
 * patch of both can bring that about.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "diff.h"
#include "meaning.h"

bool diff_reaches(const struct diff *d, size_t target)
{
	for (size_t i = 0; i < d->changes; i++)
		if (d->change[i].unit->target == target && d->change[i].present &&
		    !d->change[i].fresh)
			return true;
	return false;
}

/* "fix-libx.so.1.opus" of "fix.opus" */
static const char *path_of(struct build *b, const char *path, const char *suffix)
{
	const char *dot = strrchr(path, '.');
	size_t stem = dot && !strchr(dot, '/') ? (size_t)(dot - path) : strlen(path);

	return build_text(b, "%.*s%s%s", (int)stem, path, suffix, path + stem);
}

/* Where a child leaves its object for --json. */
static const char *json_of(struct build *b, size_t target)
{
	return build_text(b, "%s/%zu.json", b->folder, target);
}

/* What is new in the sources of other targets is not for this one. */
static void units_take(struct diff *d, size_t target)
{
	for (size_t i = 0; i < d->units; i++)
		d->unit[i]->reached &= d->unit[i]->target == target;
}

/* Leave what concerns one target. */
static void target_take(struct build *b, size_t target, struct build_options *o)
{
	struct diff *d = b->diff;
	size_t kept = 0;

	for (size_t i = 0; i < d->changes; i++)
		if (d->change[i].unit->target == target)
			d->change[kept++] = d->change[i];
	d->changes = kept;
	units_take(d, target);
	b->suffix = build_text(b, "-%s", b->target[target]->name);
	b->json = json_of(b, target);
	*o = *b->options;
	o->output = path_of(b, o->output, b->suffix);
	b->output = path_of(b, b->output, b->suffix);
	if (o->emit) {
		o->emit = path_of(b, o->emit, b->suffix);
		d->emit = path_of(b, d->emit, b->suffix);
	}
	b->options = o;
	snprintf(b->folder + strlen(b->folder), sizeof(b->folder) - strlen(b->folder),
		 "/%zu", target);
	if (mkdir(b->folder, 0700) != 0)
		perror(b->folder);
}

static bool unit_defines(const struct unit *u, const char *linkage)
{
	for (size_t i = 0; i < u->parse_after.entities; i++)
		if (unit_offers(u, &u->parse_after.entity[i]) &&
		    strcmp(u->parse_after.entity[i].linkage, linkage) == 0)
			return true;
	return false;
}

/* Does code of another target name it, that has none of its own? */
static const struct unit *user_elsewhere(const struct diff *d, const struct unit *of,
					 const struct entity *e)
{
	for (size_t i = 0; i < d->units; i++) {
		const struct unit *u = d->unit[i];
		bool own = false;

		if (u->target == of->target || !u->reached || !unit_is_in(d, u))
			continue;
		for (size_t k = 0; k < d->units && !own; k++)
			own = d->unit[k]->target == u->target && d->unit[k]->reached &&
			      unit_defines(d->unit[k], e->linkage);
		for (size_t k = 0; k < u->parse_after.entities && !own; k++) {
			const struct entity *f = &u->parse_after.entity[k];

			if (f->kind == ENTITY_FUNCTION && f->body_at &&
			    meaning_names(&u->after, f, e->name))
				return u;
		}
	}
	return NULL;
}

/* Must all targets be patched together? */
static bool is_joint(struct build *b)
{
	struct diff *d = b->diff;

	for (size_t i = 0; i < d->units; i++) {
		const struct unit *u = d->unit[i];

		for (size_t k = 0; u->reached && k < u->parse_after.entities; k++) {
			const struct entity *e = &u->parse_after.entity[k];
			const struct unit *user = unit_offers(u, e) ? user_elsewhere(d, u, e)
								   : NULL;

			if (!user)
				continue;
			fprintf(stderr, "opus-build: %s is new in %s, and %s uses it: one patch for all targets, for processes that have them all\n",
				e->name, b->target[u->target]->name,
				b->target[user->target]->name);
			return true;
		}
	}
	return false;
}

/* One source in two targets would be there twice, under the same names. */
static bool joint_refuse(struct build *b)
{
	struct diff *d = b->diff;

	for (size_t i = 0; i < d->units; i++)
		for (size_t k = 0; k < i; k++)
			if (d->unit[i]->reached && d->unit[k]->reached &&
			    d->unit[i]->target != d->unit[k]->target &&
			    strcmp(d->unit[i]->source, d->unit[k]->source) == 0) {
				build_tell(b, TOPIC_JOINT, NULL, d->unit[i]->relative,
					     "split the diff, so that what both have is in one of its own",
					     "is in %s and in %s, which have to be patched together",
					     b->target[d->unit[k]->target]->name,
					     b->target[d->unit[i]->target]->name);
				return true;
			}
	return false;
}

static enum build_status child_wait(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return BUILD_ERROR;
	return WIFEXITED(status) ? (enum build_status)WEXITSTATUS(status)
				 : BUILD_ERROR;
}

bool build_split(struct build *b, struct build_options *own,
		 enum build_status *ret)
{
	size_t count = 0, last = 0, first = 0, ended = 0;
	CLEANUP(cleanup_free) const char **files = NULL;

	for (size_t i = b->targets; i-- > 0;)
		if (diff_reaches(b->diff, i)) {
			last = count++ ? last : i;
			first = i;
		}
	if (count == 0)
		return false;
	if (is_joint(b)) {
		if (!joint_refuse(b))
			return false;
		*ret = BUILD_REFUSED;
		report_print(b, BUILD_REFUSED, "");
		return true;
	}
	if (count == 1) {
		units_take(b->diff, first);
		return false;
	}
	*ret = BUILD_DONE;
	files = calloc(b->targets, sizeof(*files));
	for (size_t i = first; i <= last && *ret == BUILD_DONE; i++) {
		pid_t pid;

		if (!diff_reaches(b->diff, i))
			continue;
		fflush(NULL);
		pid = fork();
		if (pid == 0) {
			target_take(b, i, own);
			return false;
		}
		*ret = pid < 0 ? BUILD_ERROR : child_wait(pid);
		if (files)
			files[ended++] = json_of(b, i);
	}
	report_merge(b, (int)*ret, files, ended);
	/* All of them or none: half a fix is none. */
	for (size_t i = first; i <= last && *ret != BUILD_DONE; i++)
		if (diff_reaches(b->diff, i))
			unlink(path_of(b, b->output,
				       build_text(b, "-%s", b->target[i]->name)));
	return true;
}

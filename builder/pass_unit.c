/*
 * pass_unit.c - run the build, apply the diff, preprocess what it reaches.
 *
 * Called by:  build.c.  Needs diff.view and diff.file; leaves diff.unit, those
 *             reached with their texts before and after.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * The build runs once before the diff, which makes the generated headers and
 * shows the command lines. In a tree that is built already it would do nothing;
 * so the files of the diff are made new, and it compiles what depends on them.
 * It runs again after the diff only where new or generated sources demand it.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "compile.h"
#include "diff.h"
#include "image.h"
#include "path.h"
#include "twin.h"

extern char **environ;
/* The object that writes down the calls of the compiler: blob.S. */
extern const uint8_t blob_capture[], blob_capture_end[];

static enum opus_code capture_object_write(const char *path,
					   struct opus_error *err)
{
	size_t size = (size_t)(blob_capture_end - blob_capture);

	return image_write(path, blob_capture, size, err);
}

/* What a build may run, to make a source. */
static bool is_script(const char *path)
{
	static const char *const suffixes[] = {".pl", ".py", ".sh", ".awk", ".tcl",
					       ".rb", ".sed", NULL};

	return !strchr(path_base(path), '.') || path_has_suffix(path, suffixes);
}

/* Documents and tests are in many diffs, and no compiler reads them. */
static bool is_no_source(const char *path)
{
	static const char *const suffixes[] = {
		".md", ".txt", ".rst", ".html", ".xml", ".1", ".3", ".5", ".7", ".8",
		".po", ".sgml", ".adoc", ".t", ".test", NULL};

	return is_script(path) || path_has_suffix(path, suffixes);
}

/* The diff's scripts, for the writer to see whether the build runs them. */
static const char *scripts_list(struct build *b)
{
	const struct diff *d = b->diff;
	const char *list = "OPUS_BUILD_SCRIPTS=";
	char real[PATH_MAX];

	for (size_t i = 0; i < d->files; i++)
		if (is_script(d->file[i]) && realpath(d->file[i], real))
			list = build_text(b, "%s%s\n", list, real);
	return list;
}

/* Is it the same variable? */
static bool starts_as(const char *a, const char *b)
{
	return strncmp(a, b, strcspn(b, "=") + 1) == 0;
}

/* Our environment, with the writer preloaded into everything. */
static char **environment_make(struct build *b, const char *object,
			       const char *records, const char *variable)
{
	const char *preload = getenv("LD_PRELOAD");
	size_t count = 0, n = 0;
	char **env;

	while (environ[count])
		count++;
	env = calloc(count + 6, sizeof(*env));
	for (size_t i = 0; env && i < count; i++)
		if (strncmp(environ[i], "LD_PRELOAD=", 11) != 0 &&
		    !(variable && starts_as(environ[i], variable)))
			env[n++] = environ[i];
	if (env) {
		env[n++] = (char *)build_text(b, "LD_PRELOAD=%s%s%s", object,
					      preload ? ":" : "", preload ? preload : "");
		env[n++] = (char *)build_text(b, "OPUS_BUILD_CAPTURE=%s", records);
		env[n++] = (char *)scripts_list(b);
		/* A cached object would come without a call of the compiler. */
		env[n++] = (char *)"CCACHE_RECACHE=1";
		if (variable)
			env[n++] = (char *)variable;
	}
	return env;
}

enum opus_code build_command_run(struct build *b, const char *variable,
				 struct opus_error *err)
{
	const struct build_options *o = b->options;
	const char *records = build_text(b, "%s/calls%zu", b->folder, b->diff->runs++);
	const char *object = build_text(b, "%s/capture.so", b->folder);
	CLEANUP(cleanup_free) char **env = NULL;
	const char *log = o->verbose ? NULL : build_text(b, "%s/build.log", b->folder);
	struct command c = {.folder = b->diff->view, .log = log};
	enum opus_code code;

	if (mkdir(records, 0700) != 0 && errno != EEXIST)
		return error_set_errno(err, OPUS_RESOURCE, "cannot make %s", records);
	code = capture_object_write(object, err);
	if (code != OPUS_OK)
		return code;
	env = environment_make(b, object, records, variable);
	if (!env)
		return error_set(err, OPUS_RESOURCE, "out of memory");
	c.environment = env;
	for (size_t i = 0; i < o->commands; i++)
		command_add(&c, "%s", o->command[i]);
	code = command_run(&c, o->verbose, err);
	command_deinit(&c);
	b->diff->scripted |= access(build_text(b, "%s/.script", records), F_OK) == 0;
	if (code == OPUS_INVALID && err && log && !build_interrupted)
		build_log_show(b, log);
	return code == OPUS_OK ? capture_read(b, records, err) : code;
}

void build_log_show(struct build *b, const char *path)
{
	CLEANUP(cleanup_free) uint8_t *data = NULL;
	size_t size = 0, from, lines = 0;

	(void)b;
	if (image_read(path, &data, &size, NULL) != OPUS_OK)
		return;
	for (from = size; from > 0 && lines < 40; from--)
		lines += data[from - 1] == '\n';
	fwrite(data + from, 1, size - from, stderr);
}

static bool is_unit_source(const struct diff *d, const char *path)
{
	for (size_t i = 0; i < d->units; i++)
		if (strcmp(d->unit[i]->source, path) == 0)
			return true;
	return false;
}

/* Files that make units of which the diff says nothing: looked for only if the
 * diff has such a file. */
static bool looks_everywhere(const struct diff *d)
{
	for (size_t i = 0; i < d->files; i++)
		if (!is_unit_source(d, d->file[i]) && !is_no_source(d->file[i]) &&
		    !path_is_assembly(d->file[i]))
			return true;
	return d->scripted;
}

const char *build_file_changed(const struct diff *d)
{
	for (size_t i = 0; i < d->files; i++)
		if (build_files_is(d->file[i]) || !strchr(path_base(d->file[i]), '.'))
			return d->file[i];
	return NULL;
}

/* Newer than what was made of them. Files of the build itself would have it
 * configure everything anew, with tools of the developers. */
static void files_touch(const struct diff *d)
{
	for (size_t i = 0; i < d->files; i++)
		if (!build_files_is(d->file[i]))
			utimensat(AT_FDCWD, d->file[i], NULL, 0);
}

/* Is something made of the file that can be part of a target? */
static bool is_made_of(const struct diff *d, const char *path)
{
	return !is_unit_source(d, path) && !is_no_source(path) && !compile_is_code(path) &&
	       !path_is_assembly(path) &&
	       (!build_files_is(path) ||
		path_has_suffix(path, (const char *const[]){".ac", NULL}) ||
		strcmp(path_base(path), "configure.in") == 0);
}

/* Is the file code that the compiler does not read? It may be of a test, or of
 * another program; or the build makes another source of it, as of one part of
 * an amalgamation. Headers of that kind have a name of two parts. */
static bool is_part(const struct diff *d, size_t i)
{
	const char *path = d->file[i], *second = strstr(path_base(path), ".in.h");

	return d->existed[i] && compile_is_code(path) && !is_unit_source(d, path) &&
	       (!path_is_header(path) || (second && !second[5]));
}

static bool has_parts(const struct diff *d)
{
	bool any = false;

	for (size_t i = 0; i < d->files; i++)
		any |= is_part(d, i);
	return any;
}

static bool makes_sources(const struct diff *d)
{
	bool any = d->scripted || (d->mades > 0 && has_parts(d));

	for (size_t i = 0; i < d->files; i++)
		any |= is_made_of(d, d->file[i]);
	return any;
}

/* New files, and files that something else is generated from. */
static bool builds_again(const struct diff *d)
{
	bool any = makes_sources(d);

	for (size_t i = 0; i < d->files; i++)
		any |= !d->existed[i] && compile_is_code(d->file[i]) && !path_is_header(d->file[i]);
	return any;
}

/* Those of the units that `is` says, in an array of its own; NULL: no memory. */
static struct unit **units_choose(const struct diff *d, bool (*is)(const struct unit *u),
				  size_t *ret_count)
{
	struct unit **chosen = calloc(d->units + 1, sizeof(*chosen));

	*ret_count = 0;
	for (size_t i = 0; chosen && i < d->units; i++)
		if (is(d->unit[i]))
			chosen[(*ret_count)++] = d->unit[i];
	return chosen;
}

static bool is_wanted(const struct unit *u)
{
	return u->wanted;
}

static bool is_reached(const struct unit *u)
{
	return u->reached;
}

static enum opus_code units_reach(struct build *b, struct opus_error *err)
{
	struct diff *d = b->diff;
	CLEANUP(cleanup_free) struct unit **wanted = NULL;
	size_t count;
	enum opus_code code = units_want(b, err);

	if (code != OPUS_OK)
		return code;
	wanted = units_choose(d, is_wanted, &count);
	if (!wanted)
		return error_set(err, OPUS_RESOURCE, "out of memory");
	if (looks_everywhere(d))
		return units_read(b, wanted, count, err);
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < d->files; k++)
			if (strcmp(wanted[i]->source, d->file[k]) == 0)
				wanted[i]->reached = d->read[k] = true;
	return OPUS_OK;
}

static enum opus_code reached_preprocess(struct build *b, bool after,
					 struct opus_error *err)
{
	CLEANUP(cleanup_free) struct unit **reached = NULL;
	size_t count;

	reached = units_choose(b->diff, is_reached, &count);
	if (!reached)
		return error_set(err, OPUS_RESOURCE, "out of memory");
	return units_preprocess(b, reached, count, after, err);
}

/* "x.h.in": configure has made x.h of it, which few Makefiles do again. */
static void templates_fill(struct build *b)
{
	struct diff *d = b->diff;
	size_t root = strlen(d->view);

	for (size_t i = 0; i < d->files; i++) {
		const char *path = d->file[i], *dot = strrchr(path, '.');
		size_t n = strlen(path);
		struct command c = {.log = build_text(b, "%s/build.log", b->folder)};

		if (!dot || strcmp(dot, ".in") != 0)
			continue;
		/* The nearest config.status above it knows how. */
		while (n > root && (path[n] != '/' ||
				    access(build_text(b, "%.*s/config.status", (int)n, path), X_OK) != 0))
			n--;
		if (n <= root && access(build_text(b, "%s/config.status", d->view), X_OK) != 0)
			continue;
		c.folder = build_text(b, "%.*s", (int)n, path);
		command_add(&c, "./config.status");
		command_add(&c, "%.*s", (int)(dot - path - (ptrdiff_t)n - 1), path + n + 1);
		/* It may not be one of its files. */
		if (command_run(&c, b->options->verbose, NULL) != OPUS_OK)
			unlink(c.log);
		command_deinit(&c);
	}
}

/* After the diff: its new units have no text before. */
static enum opus_code build_again(struct build *b, struct opus_error *err)
{
	struct diff *d = b->diff;
	size_t known = d->units;
	enum opus_code code;

	if (b->options->commands == 0)
		return OPUS_OK;
	files_touch(d);
	templates_fill(b);
	build_progress(b, "building with the diff", 0, 0);
	code = build_command_run(b, NULL, err);
	d->rebuilt = code == OPUS_OK;
	if (code == OPUS_INVALID && !makes_sources(d)) {
		struct note_place place = {b->options->diff, "1"};

		/* Its new files may be tests, or need other tools. */
		build_tell(b, TOPIC_NEW_FILES, &place, "new files",
			   "see that nothing of the target needs them",
			   "the build with the diff fails, so none of them is in the patch");
		return OPUS_OK;
	}
	for (size_t i = known; i < d->units && code == OPUS_OK; i++) {
		struct unit *u = d->unit[i];

		for (size_t k = 0; k < known; k++)
			if (strcmp(d->unit[k]->source, u->source) == 0)
				goto next; /* known under another command line */
		code = units_read(b, &u, 1, err);
		u->fresh = true;
	next:;
	}
	return code;
}

enum opus_code build_with_diff(struct build *b, struct opus_error *err)
{
	struct diff *d = b->diff;
	size_t known = d->units;
	enum opus_code code;

	files_touch(d);
	code = build_command_run(b, NULL, err);
	/* The units are known. */
	while (d->units > known)
		unit_destroy(d->unit[--d->units]);
	return code;
}

/* Is one of the targets made from the file? */
static bool is_mentioned(const struct build *b, const char *path)
{
	bool found = false;

	for (size_t i = 0; i < b->targets && !found; i++)
		found = target_mentions(b->target[i],
					path + strlen(b->diff->view) + 1);
	return found;
}

static bool is_of_diff(const struct diff *d, const char *path)
{
	for (size_t i = 0; i < d->files; i++)
		if (strcmp(d->file[i], path) == 0)
			return true;
	return false;
}

static void assembly_tell(struct build *b, const char *path)
{
	struct note_place place = {path, "1"};

	build_tell(b, TOPIC_UNREAD, &place, path_base(path),
		   "see that the rest of the diff closes the hole without it, or replace its functions by hand",
		   "is assembly, which is not compared: this part of the fix is not in the patch");
}

/* Is the file read, or a copy of it; or is it a copy? */
static bool is_read(const struct diff *d, size_t file)
{
	bool read = d->read[file] || d->original[file] != file;

	for (size_t i = 0; i < d->files; i++)
		read |= d->original[i] == file && d->read[i];
	return read;
}

/* Compiled by clang for link-time optimisation, which may leave no trace of a file of
 * which others hold all. */
static bool may_be_absorbed(const struct diff *d, const char *path)
{
	for (size_t i = 0; i < d->units; i++) {
		const struct unit *u = d->unit[i];

		if (strcmp(u->source, path) == 0 &&
		    strstr(path_base(u->call.argv[0]), "clang") && unit_is_whole(u))
			return true;
	}
	return false;
}

/* Where patch(1) had to search. What is in no target is not in the patch either. */
static void inexact_tell(struct build *b)
{
	struct diff *d = b->diff;

	for (size_t i = 0; i < d->files; i++) {
		const char *path = d->file[i];
		struct note_place place = {path, "1"};
		bool idle = compile_is_code(path) && !is_read(d, i) &&
			    !is_mentioned(b, path) && !(d->mades > 0 && is_part(d, i));

		if (d->inexact[i] && !idle)
			build_tell(b, TOPIC_INEXACT, &place, path + strlen(d->view) + 1,
				   "see with --emit-c that the new code is where it should be",
				   "takes the diff at a place that is only like the one it was made for");
	}
}

/* A part of the fix that nobody compiled would be missing without a word, but
 * for what is in no target: tests, other programs, other systems. True if
 * there was something to warn of. */
static bool unread_warn(struct build *b, const char *missing)
{
	struct diff *d = b->diff;
	struct note_place missing_at = {build_text(b, "%s/%s", d->view, missing ? missing : ""), "1"};
	bool any = missing != NULL;

	if (missing && !is_of_diff(d, missing_at.file))
		build_tell(b, TOPIC_UNREAD, &missing_at, path_base(missing),
			   "see that the build command builds everything (in a built tree: make -B)",
			   "reads a file of the diff and is in a target, but the build does not compile it: its part of the fix is not in the patch");

	for (size_t i = 0; i < d->files; i++) {
		const char *path = d->file[i];
		struct note_place place = {path, "1"};

		if (is_read(d, i) || !d->existed[i] || !(compile_is_code(path) || path_is_assembly(path)))
			continue;
		if (!is_mentioned(b, path)) {
			if (d->mades > 0 && is_part(d, i))
				continue; /* another source was made of it, perhaps */
			if (may_be_absorbed(d, path)) {
				build_tell(b, TOPIC_UNREAD, &place, path_base(path),
					   "see whether it is in a target; then link that one without -flto, or replace the callers by hand",
					   "was compiled for link-time optimisation, and no target has a trace of it: clang may have put all of it into its callers");
				any = true;
				continue;
			}
			build_remark(b, &place, path_base(path),
				     "the diff changes it, but no target is made from it");
			continue;
		}
		any = true;
		if (path_is_assembly(path))
			assembly_tell(b, path);
		else
			build_tell(b, TOPIC_UNREAD, &place, path_base(path),
				   "see that the build command builds everything (in a built tree: make -B)",
				   "the diff changes it, but nothing that the build compiled reads it: this part of the fix is not in the patch");
	}
	for (size_t i = 0; i < d->assemblies; i++)
		if (generated_differs(&d->assembly[i]) &&
		    is_mentioned(b, d->assembly[i].path)) {
			assembly_tell(b, d->assembly[i].path);
			any = true;
		}
	return any;
}

enum opus_code pass_unit(struct build *b, struct opus_error *err)
{
	const struct build_options *o = b->options;
	struct diff *d = b->diff;
	bool any = false, unread = false, optioned = false;
	const char *missing = NULL;
	enum opus_code code = OPUS_OK;

	if (o->compile_commands) {
		code = capture_read_json(b, o->compile_commands, err);
		missing = code == OPUS_OK ? build_missing(b, false) : NULL;
	} else {
		files_touch(d);
		build_progress(b, "building", 0, 0);
		code = build_command_run(b, NULL, err);
		if (code == OPUS_OK)
			code = copies_find(b, err);
		/* Who includes what is made is wanted, too. */
		if (code == OPUS_OK && makes_sources(d))
			code = generated_find(b, err);
		missing = code == OPUS_OK ? build_missing(b, true) : NULL;
		if (missing)
			code = build_complete(b, missing, err);
		if (missing && code == OPUS_OK)
			missing = build_missing(b, false);
		if (code == OPUS_OK)
			code = twins_find(b, err);
	}
	if (code == OPUS_OK && !o->compile_commands && (builds_again(d) || has_parts(d)))
		code = generated_find(b, err);
	if (code == OPUS_OK)
		code = units_reach(b, err);
	if (code == OPUS_OK)
		code = reached_preprocess(b, false, err);
	if (code == OPUS_OK)
		code = diff_apply(b, err);
	if (code == OPUS_OK)
		code = copies_update(b, err);
	if (code == OPUS_OK)
		optioned = build_files_tell(b);
	if (code == OPUS_OK && builds_again(d))
		code = build_again(b, err);
	if (code == OPUS_OK)
		unread = unread_warn(b, missing);
	if (code == OPUS_OK)
		inexact_tell(b);
	for (size_t i = 0; i < d->units; i++)
		any |= d->unit[i]->reached;
	unread |= makes_sources(d) && !d->followed;
	if (code == OPUS_OK && !any && !unread && optioned) {
		build_tell(b, TOPIC_REBUILD, NULL, path_base(o->diff),
			   "build the target anew, and restart what uses it",
			   "changes no source of a target, only options by which it is built: all of its code is concerned");
		return error_set(err, OPUS_INVALID, "refused");
	}
	if (code == OPUS_OK && !any && !unread)
		return error_set(err, OPUS_ALREADY,
				 "none of the files that %s changes is a source of %s%s",
				 o->diff, b->target[0]->path,
				 b->targets > 1 ? " or the other targets" : "");
	if (code == OPUS_OK && !any)
		return error_set(err, OPUS_INVALID,
				 "nothing that the build compiled (%zu files) reads a file of the diff and is known to be in a target; does the build command build everything? in a built tree try `make -B`",
				 d->units);
	if (code == OPUS_OK)
		code = reached_preprocess(b, true, err);
	build_progress(b, NULL, 0, 0);
	return code;
}

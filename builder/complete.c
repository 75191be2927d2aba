/*
 * complete.c - a build that compiles all of a target that the diff reaches.
 *
 * Called by:  pass_unit.c.  Needs the build to have run once.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * In a tree that is built already the build compiles what it takes for old, and
 * not every build knows all of that: hand-written ones may not know who includes
 * a header, or build a library once and never look into its folder again. What a
 * target was made from, its debug information tells. Is something of that missing
 * and reads a file of the diff, the build runs again, first with such sources made
 * new and then after a cleaning, each time in a view on top of the last one, which
 * goes away again if that was no use. Who reads a header for its macros alone the
 * debug information does not tell; includes.c does.
 * With link-time optimisation any source may hold a copy of a function of the diff,
 * so all of them are wanted.
 */
#include <dwarf.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "compile.h"
#include "cover.h"
#include "diff.h"
#include "facts.h"
#include "includes.h"
#include "path.h"

const char *tree_name(const struct diff *d, const char *path, size_t *ret_prefix)
{
	size_t root = strlen(d->root);
	const char *at = path + (*path == '/');
	char file[PATH_MAX];

	/* Most often it still is where it was. */
	if (strncmp(path, d->root, root) == 0 && path[root] == '/')
		at = path + root + 1;
	for (; at; at = strchr(at, '/'), at = at ? at + 1 : NULL) {
		int n = snprintf(file, sizeof(file), "%s/%s", d->view, at);

		if (*at && n < PATH_MAX && access(file, F_OK) == 0) {
			*ret_prefix = (size_t)(at - path);
			return at;
		}
	}
	return NULL;
}

static bool is_compiled(struct build *b, const char *name)
{
	char real[PATH_MAX];

	if (!realpath(build_text(b, "%s/%s", b->diff->view, name), real))
		return true;
	for (size_t i = 0; i < b->diff->units; i++)
		if (strcmp(b->diff->unit[i]->source, real) == 0)
			return true;
	return false;
}

/* Is it a file of the diff, which had it before? */
static bool is_touched(struct build *b, const char *name)
{
	struct diff *d = b->diff;
	size_t root = strlen(d->view) + 1;

	for (size_t i = 0; i < d->files; i++)
		if (d->existed[i] && strcmp(d->file[i] + root, name) == 0)
			return true;
	return false;
}

/* The diff, and what stands before the name of its files in the target. */
struct touched {
	struct build *b;
	const char *path;
	size_t prefix;
};

static bool is_touched_path(const char *path, const void *data)
{
	const struct touched *t = data;

	return strncmp(path, t->path, t->prefix) == 0 &&
	       is_touched(t->b, path + t->prefix);
}

/* Did the compiler read a file of the diff for the unit? */
static bool reads_touched(struct build *b, Dwarf_Die *cu, const char *path, size_t prefix)
{
	const struct touched t = {b, path, prefix};

	return facts_unit_reads(cu, is_touched_path, &t) > 0;
}

/* Are there macros in it for others to say what they mean? */
static bool is_list(const char *path)
{
	return path_has_suffix(path, (const char *const[]){".def", ".x", ".tab", ".list", NULL});
}

/* Is there a file in the diff that was there, or made of one, and is compiled for none
 * but those that include it? Looking for them takes long. */
static bool is_included(struct build *b)
{
	struct diff *d = b->diff;

	for (size_t i = 0; i < d->files; i++)
		if (d->existed[i] && (compile_is_code(d->file[i]) || is_list(d->file[i])) &&
		    !is_compiled(b, d->file[i] + strlen(d->view) + 1))
			return true;
	for (size_t i = 0; i < d->mades; i++)
		if (path_is_header(d->made[i]) || is_list(d->made[i]))
			return true;
	return false;
}

/* Was it compiled for link-time optimisation? */
static bool is_linked_whole(Dwarf_Die *cu)
{
	Dwarf_Attribute attr;
	const char *producer = dwarf_formstring(dwarf_attr(cu, DW_AT_producer, &attr));

	return producer && strstr(producer, " -flto");
}

/* The unit's source below the tree, if nothing compiled it that should have. */
static const char *unit_missing(struct build *b, struct facts *f, Dwarf_Die *cu,
				bool included, bool copies)
{
	const char *path = facts_unit_path(f, cu), *name;
	size_t prefix;
	int language = dwarf_srclang(cu);

	if (language == DW_LANG_Mips_Assembler)
		return NULL;
	name = tree_name(b->diff, path, &prefix);
	if (!name || is_compiled(b, name))
		return NULL;
	return (copies && is_linked_whole(cu)) || is_touched(b, name) ||
			       (included && (reads_touched(b, cu, path, prefix) ||
					     includes_reach(b->diff->includes,
							    build_text(b, "%s/%s", b->diff->view, name))))
		       ? build_text(b, "%s", name)
		       : NULL;
}

/* Ask `ask` for each unit of the targets, until it is true. */
static void units_ask(struct build *b,
		      bool (*ask)(struct build *b, struct facts *f, Dwarf_Die *cu, void *data),
		      void *data)
{
	bool done = false;

	for (size_t i = 0; i < b->targets && !done; i++) {
		Dwarf_CU *cu = NULL;
		Dwarf_Die die, sub;
		uint8_t type;
		struct facts *f = NULL;

		if (!b->target[i]->dwarf ||
		    facts_collect(NULL, NULL, 0, &f, NULL) != OPUS_OK)
			continue;
		while (!done && !build_interrupted &&
		       dwarf_get_units(b->target[i]->dwarf, cu, &cu, NULL, &type, &die,
				       &sub) == 0)
			done = ask(b, f, &die, data);
		facts_destroy(f);
	}
}

/* Sources of the targets that the build has not compiled. */
struct left {
	const char **source;
	size_t sources;
};

/* Does ninja build it, which keeps by itself what the compiler reads for it? */
static bool is_tracked(struct build *b, Dwarf_Die *cu, const char *path, size_t prefix)
{
	Dwarf_Attribute attr;
	const char *folder = dwarf_attr(cu, DW_AT_comp_dir, &attr) ? dwarf_formstring(&attr) : NULL;

	if (!folder)
		return false;
	if (prefix > 0 && strncmp(folder, path, prefix - 1) == 0 &&
	    (folder[prefix - 1] == '/' || !folder[prefix - 1]))
		folder = build_text(b, "%s%s", b->diff->view, folder + prefix - 1);
	return access(build_text(b, "%s/.ninja_deps", folder), F_OK) == 0;
}

static bool is_left(struct build *b, struct facts *f, Dwarf_Die *cu, void *data)
{
	struct left *l = data;
	const char *path = facts_unit_path(f, cu), **grown;
	size_t prefix;
	const char *name = tree_name(b->diff, path, &prefix);

	if (!name || is_compiled(b, name) || is_tracked(b, cu, path, prefix))
		return false;
	grown = build_grow(l->source, l->sources, sizeof(*grown));
	if (!grown)
		return true;
	l->source = grown;
	grown[l->sources++] = build_text(b, "%s/%s", b->diff->view, name);
	return false;
}

/* Find out which of them include a file of the diff, of whose macros debug information
 * does not tell. Once: what is built in between may be gone after a cleaning. */
static void includes_look(struct build *b)
{
	struct left l = {0};

	if (b->diff->includes)
		return;
	units_ask(b, is_left, &l);
	b->diff->includes = includes_create(b, l.source, l.sources);
	free(l.source);
}

struct missing {
	bool included, copies;
	const char *name;
};

static bool is_missing(struct build *b, struct facts *f, Dwarf_Die *cu, void *data)
{
	struct missing *m = data;

	m->name = unit_missing(b, f, cu, m->included, m->copies);
	return m->name != NULL;
}

const char *build_missing(struct build *b, bool copies)
{
	struct missing m = {is_included(b), copies, NULL};

	if (m.included)
		includes_look(b);
	units_ask(b, is_missing, &m);
	return m.name;
}

static void file_touch(const char *path)
{
	utimensat(AT_FDCWD, path, NULL, 0);
}

static bool unit_touch(struct build *b, struct facts *f, Dwarf_Die *cu, void *data)
{
	const struct missing *m = data;
	const char *name = unit_missing(b, f, cu, m->included, m->copies);

	if (name)
		file_touch(build_text(b, "%s/%s", b->diff->view, name));
	return false;
}

/* Make the sources of the targets new that are missing. What the diff changes in copies
 * of the tree was not known when the build ran. */
static void sources_touch(struct build *b)
{
	const struct diff *d = b->diff;
	struct missing m = {is_included(b), true, NULL};

	for (size_t i = 0; i < d->files; i++)
		if (d->original[i] != i)
			file_touch(d->file[i]);
	units_ask(b, unit_touch, &m);
}

/* Is the object still there that was made of the source, beside it? */
static bool object_stands(struct build *b, const char *name)
{
	const char *dot = strrchr(name, '.');
	int stem = (int)(dot ? dot - name : (ptrdiff_t)strlen(name));

	return access(build_text(b, "%s/%.*s.o", b->diff->view, stem, name), F_OK) == 0;
}

/* Clean the tree by `goal`, or not at all if that is NULL. */
static bool tree_clean(struct build *b, const char *goal, const char *missing)
{
	struct command c = {.folder = b->diff->view,
			    .log = build_text(b, "%s/build.log", b->folder)};
	bool good;

	if (!goal)
		return true;
	command_add(&c, "make");
	command_add(&c, "%s", goal);
	good = command_run(&c, b->options->verbose, NULL) == OPUS_OK &&
	       !object_stands(b, missing);
	command_deinit(&c);
	return good;
}

static void units_forget(struct diff *d, size_t from)
{
	while (d->units > from)
		unit_destroy(d->unit[--d->units]);
}

/* Give the diff's files of code another content with the same meaning, or take that
 * away again. */
static void contents_change(const struct diff *d, bool back)
{
	for (size_t i = 0; i < d->files; i++) {
		struct stat st;
		FILE *file = d->existed[i] && compile_is_code(d->file[i])
				     ? fopen(d->file[i], "ae")
				     : NULL;

		if (!file)
			continue;
		if (!back)
			fputc('\n', file);
		else if (fstat(fileno(file), &st) == 0 && ftruncate(fileno(file), st.st_size - 1) != 0)
			fprintf(stderr, "opus-build: %s has a line more at its end now\n", d->file[i]);
		fclose(file);
	}
}

enum opus_code build_complete(struct build *b, const char *missing, struct opus_error *err)
{
	/* The first compiles, and does no more. The second is for those that
	 * look at contents instead of times, as waf and SCons do; the last for those
	 * that cannot clean: make takes all for old, and configures in each folder. */
	static const struct { const char *goal, *variable; bool touch, contents; } ways[] = {
		{.touch = true}, {.contents = true}, {.goal = "clean"}, {.goal = "distclean"},
		{.variable = "MAKEFLAGS=B"}};
	struct diff *d = b->diff;
	size_t known = d->units;

	for (size_t i = 0; i < d->covers; i++)
		if (!d->cover[i].upper)
			return OPUS_OK;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]) && !build_interrupted; i++) {
		bool pushed = covers_push(b), good;

		build_progress(b, "building all", 0, 0);
		if (pushed && ways[i].touch)
			sources_touch(b);
		if (pushed && ways[i].contents)
			contents_change(d, false);
		good = pushed && tree_clean(b, ways[i].goal, missing) &&
		       build_command_run(b, ways[i].variable, NULL) == OPUS_OK &&
		       !build_missing(b, true);
		if (pushed && ways[i].contents)
			contents_change(d, true);
		if (good)
			return OPUS_OK;
		units_forget(d, known);
		if (!covers_pop(b))
			return error_set(err, OPUS_RESOURCE, "cannot take a private view of %s away again", d->root);
		if (!pushed)
			break;
	}
	return OPUS_OK;
}

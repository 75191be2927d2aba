/*
 * includes.c - which sources read a file of the diff, by what they include.
 *
 * Called by:  complete.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * Of a source that was not compiled nobody knows the command line, nor the folders
 * that its headers are looked for in; and debug information does not tell of headers
 * with nothing but macros. So a name stands for all files of the tree whose path ends
 * in it, unless the file lies beside the one that includes it. Conditions are not
 * looked at. Too many is no mistake: such a source is compiled, and has no change.
 *
 *   source --> header --> header of the diff
 *      \-----> header
 *
 * First all that the sources include is read, each file once, then what reaches the
 * diff is marked from its end.
 */
#include "includes.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "diff.h"
#include "image.h"
#include "include_line.h"
#include "listing.h"
#include "path.h"

struct edge {
	size_t from, to; /* files of the listing */
};

/* What is known of a file of the listing. */
struct node {
	bool seen;    /* it is in the list of those to be read */
	bool reaches; /* a file of the diff, or it is one */
	bool asked;   /* it is one of the sources, and its own includes decide */
	bool told;    /* it reads a file of the diff, as its dependencies say */
};

struct includes {
	struct listing *l;
	struct node *node; /* per file of the listing */
	struct edge *edge;
	size_t edges;
	size_t *read; /* files to be read, in their order */
	size_t reads;
	bool forced; /* what command lines include reaches the diff */
	bool failed; /* memory ran out */
};

static void file_queue(struct includes *n, size_t file)
{
	size_t *grown;

	if (n->node[file].seen)
		return;
	grown = build_grow(n->read, n->reads, sizeof(*grown));
	if (!grown) {
		n->failed = true;
		return;
	}
	n->read = grown;
	grown[n->reads++] = file;
	n->node[file].seen = true;
}

static void edge_add(struct includes *n, size_t from, size_t to)
{
	struct edge *grown;

	if (from == to)
		return;
	grown = build_grow(n->edge, n->edges, sizeof(*grown));
	if (!grown) {
		n->failed = true;
		return;
	}
	n->edge = grown;
	grown[n->edges++] = (struct edge){from, to};
	file_queue(n, to);
}

/* The name in the folder of the file, as it is called here or by a link. */
static bool beside_add(struct includes *n, size_t file, const char *name)
{
	bool found = false;

	for (size_t i = file; i != LISTING_NONE; i = n->l->file[i].alias) {
		const char *path = n->l->file[i].path;
		char joined[PATH_MAX];
		size_t at;

		if (snprintf(joined, sizeof(joined), "%.*s/%s", (int)(path_base(path) - path - 1),
			     path, name) >= PATH_MAX)
			continue;
		path_clean(joined);
		at = listing_find(n->l, joined);
		if (at == LISTING_NONE)
			continue;
		edge_add(n, file, n->l->file[at].node);
		found = true;
	}
	return found;
}

/* All that may be meant by the name, from wherever it is looked for. */
static void anywhere_add(struct includes *n, size_t file, const char *name)
{
	char end[PATH_MAX + 1] = "/";
	size_t first, count;

	if (*name == '/')
		return; /* name_add() has looked for it */
	strcpy(end + 1, name);
	path_clean(end + 1);
	name = end + 1;
	while (strncmp(name, "../", 3) == 0)
		name += 3;
	count = listing_ending(n->l, name - 1, &first);
	for (size_t i = 0; i < count; i++)
		edge_add(n, file, n->l->file[first + i].node);
}

static void name_add(struct includes *n, size_t file, const char *name, bool beside)
{
	size_t at = *name == '/' ? listing_find(n->l, name) : LISTING_NONE;

	if (at != LISTING_NONE)
		edge_add(n, file, n->l->file[at].node);
	else if (!beside || *name == '/' || !beside_add(n, file, name))
		anywhere_add(n, file, name);
}

/* What the file includes. Where a macro has the name, it may be any. */
static void file_read(struct includes *n, size_t file)
{
	CLEANUP(cleanup_free) uint8_t *data = NULL;
	struct include_line line;
	size_t size, at = 0;

	if (image_read(n->l->file[file].path, &data, &size, NULL) != OPUS_OK)
		return;
	while (!n->failed && include_line_next((const char *)data, size, &at, &line)) {
		char name[PATH_MAX];

		if (!line.name) {
			n->node[file].reaches = true;
		} else if (line.length < sizeof(name) && !memchr(line.name, 0, line.length)) {
			memcpy(name, line.name, line.length);
			name[line.length] = 0;
			name_add(n, file, name, line.quoted && !line.next);
		}
	}
}

/* The file of a path that may have links in it. */
static size_t path_find(const struct includes *n, const char *path)
{
	char real[PATH_MAX];

	return realpath(path, real) ? listing_find(n->l, real) : LISTING_NONE;
}

/* The files of the diff, and what the build makes of them. */
static void diff_mark(struct includes *n, const struct diff *d)
{
	for (size_t i = 0; i < d->files; i++) {
		size_t file = d->existed[i] ? path_find(n, d->file[i]) : LISTING_NONE;

		if (file != LISTING_NONE)
			n->node[file].reaches = true;
	}
	for (size_t i = 0; i < d->mades; i++) {
		size_t file = path_find(n, d->made[i]);

		if (file != LISTING_NONE)
			n->node[file].reaches = true;
	}
}

/* What the file of the command line is, from its folder or from wherever; each into
 * *ret, which has room for `most`. */
static size_t forced_find(const struct includes *n, const struct unit *u, const char *name,
			  size_t *ret, size_t most)
{
	char path[PATH_MAX];
	size_t first, count;

	if (snprintf(path, sizeof(path), "%s%s%s", *name == '/' ? "" : u->folder,
		     *name == '/' ? "" : "/", name) >= PATH_MAX)
		return 0;
	*ret = path_find(n, path);
	if (*ret != LISTING_NONE)
		return 1;
	snprintf(path, sizeof(path), "/%s", name + strspn(name, "./"));
	count = listing_ending(n->l, path, &first);
	count = count < most ? count : most;
	for (size_t i = 0; i < count; i++)
		ret[i] = n->l->file[first + i].node;
	return count;
}

/* Have those read that known command lines include; with `mark`, when all are read,
 * see whether one of them reaches the diff. */
static void forced_look(struct includes *n, const struct diff *d, bool mark)
{
	for (size_t i = 0; i < d->units; i++) {
		const struct command *c = &d->unit[i]->call;

		for (size_t k = 1; k + 1 < c->count; k++) {
			size_t file[16], count;

			if (strcmp(c->argv[k], "-include") != 0 && strcmp(c->argv[k], "-imacros") != 0)
				continue;
			count = forced_find(n, d->unit[i], c->argv[k + 1], file, 16);
			for (size_t m = 0; m < count && !mark; m++)
				file_queue(n, file[m]);
			for (size_t m = 0; m < count && mark; m++)
				n->forced |= n->node[file[m]].reaches;
		}
	}
}

/* Mark all that includes what is marked. */
static void reach_spread(struct includes *n)
{
	for (bool more = true; more;) {
		more = false;
		/* What is read later is mostly included by what is read sooner. */
		for (size_t i = n->edges; i-- > 0;) {
			struct node *from = &n->node[n->edge[i].from];

			if (n->node[n->edge[i].to].reaches && !from->reaches)
				more = from->reaches = true;
		}
	}
}

static void source_add(struct build *b, struct includes *n, const char *source)
{
	size_t file = path_find(n, source);
	int told;

	if (file == LISTING_NONE)
		return;
	told = depends_ask(b, n->l, n->l->file[file].path);
	if (told < 0) {
		n->node[file].asked = true;
		file_queue(n, file);
	} else {
		n->node[file].told = told > 0;
	}
}

static void tree_look(struct build *b, struct includes *n, const char *const *source,
		      size_t count)
{
	const struct diff *d = b->diff;

	diff_mark(n, d);
	for (size_t i = 0; i < count && !n->failed && !build_interrupted; i++)
		source_add(b, n, source[i]);
	/* Where all is told by dependencies nothing need be read. */
	if (n->reads > 0)
		forced_look(n, d, false);
	for (size_t i = 0; i < n->reads && !n->failed && !build_interrupted; i++)
		file_read(n, n->read[i]);
	reach_spread(n);
	forced_look(n, d, true);
}

/* The folders that have a part in the build. */
static struct listing *folders_list(const struct diff *d)
{
	CLEANUP(cleanup_free) const char **folder = calloc(d->covers + 1, sizeof(*folder));

	if (!folder)
		return NULL;
	folder[0] = d->view;
	for (size_t i = 0; i < d->covers; i++)
		folder[i + 1] = d->cover[i].path;
	return listing_create(folder, d->covers + 1);
}

struct includes *includes_create(struct build *b, const char *const *source, size_t count)
{
	struct includes *n = calloc(1, sizeof(*n));

	if (!n || count == 0)
		return n;
	n->l = folders_list(b->diff);
	n->node = n->l ? calloc(n->l->files + 1, sizeof(*n->node)) : NULL;
	n->failed = !n->node;
	if (!n->failed)
		tree_look(b, n, source, count);
	return n;
}

bool includes_reach(const struct includes *n, const char *source)
{
	size_t file;

	if (!n || n->failed)
		return true;
	file = n->l ? path_find(n, source) : LISTING_NONE;
	return file != LISTING_NONE &&
	       (n->node[file].told ||
		(n->node[file].asked && (n->node[file].reaches || n->forced)));
}

void includes_destroy(struct includes *n)
{
	if (!n)
		return;
	listing_destroy(n->l);
	free(n->node);
	free(n->edge);
	free(n->read);
	free(n);
}

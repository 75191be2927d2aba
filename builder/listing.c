/*
 * listing.c - list all files of a tree, and find them by how their path ends.
 *
 * Called by:  includes.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * Sorted by their paths read backwards, those that end alike stand together, and
 * the one that is no longer than the end stands first.
 */
#include "listing.h"

#include <dirent.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "build.h"
#include "common/cleanup.h"
#include "path.h"

/* Folders that link to each other may have any number of paths, and a compiler that was
 * run in somebody's home makes that a folder of the build. */
#define LISTED_MOST 500000

/* A link to a folder. */
struct folder_link {
	char *path;
	char *target;
};

struct walk {
	struct listing *l;
	struct folder_link *link;
	size_t links;
	const char *const *folder; /* those to be listed */
	size_t folders;
	bool bounded; /* the first is done */
	bool linked;  /* in one of `link` */
	bool failed;
};

/* Takes both strings. */
static void file_add(struct walk *w, char *path, char *real)
{
	struct listed *grown = path ? build_grow(w->l->file, w->l->files, sizeof(*grown)) : NULL;

	if (!grown) {
		free(path);
		free(real);
		w->failed = true;
		return;
	}
	w->l->file = grown;
	grown[w->l->files++] = (struct listed){path, strlen(path), real, 0, LISTING_NONE};
}

/* Takes the string. */
static void link_add(struct walk *w, char *path, const char *target)
{
	struct folder_link *grown = path ? build_grow(w->link, w->links, sizeof(*grown)) : NULL;
	char *copy = grown ? strdup(target) : NULL;

	if (grown)
		w->link = grown;
	if (!copy) {
		free(path);
		w->failed = true;
		return;
	}
	grown[w->links++] = (struct folder_link){path, copy};
}

static char *path_join(const char *folder, const char *name)
{
	char *path = NULL;

	return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

static void link_look(struct walk *w, const char *path, const char *shown)
{
	char real[PATH_MAX];
	struct stat st;

	if (!realpath(path, real) || stat(real, &st) != 0)
		return;
	if (S_ISREG(st.st_mode))
		file_add(w, strdup(shown), strdup(real));
	else if (S_ISDIR(st.st_mode) && !w->linked)
		link_add(w, strdup(shown), real);
}

static bool is_ignored(const char *name)
{
	static const char *const names[] = {".", "..", ".git", ".svn", ".hg"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static int type_of(const struct dirent *e, const char *path)
{
	struct stat st;

	if (e->d_type != DT_UNKNOWN)
		return e->d_type;
	return lstat(path, &st) == 0 ? IFTODT(st.st_mode) : DT_UNKNOWN;
}

static bool is_any(const char *path, const char *const *folder, size_t folders)
{
	for (size_t i = 0; i < folders; i++)
		if (strcmp(path, folder[i]) == 0)
			return true;
	return false;
}

static bool is_below_any(const char *path, const char *const *folder, size_t folders)
{
	for (size_t i = 0; i < folders; i++)
		if (path_is_below(path, folder[i]))
			return true;
	return false;
}

/* The files of `folder`, as if it were at `shown`. */
static void folder_walk(struct walk *w, const char *folder, const char *shown)
{
	DIR *dir = opendir(folder);

	for (struct dirent *e; dir && !w->failed && (e = readdir(dir)) != NULL;) {
		CLEANUP(cleanup_free) char *path = NULL;
		CLEANUP(cleanup_free) char *name = NULL;
		int type;

		if (is_ignored(e->d_name) || (w->bounded && w->l->files > LISTED_MOST))
			continue;
		path = path_join(folder, e->d_name);
		name = path_join(shown, e->d_name);
		if (!path || !name) {
			w->failed = true;
			continue;
		}
		type = type_of(e, path);
		if (type == DT_DIR && (w->linked || !is_any(path, w->folder, w->folders)))
			folder_walk(w, path, name);
		else if (type == DT_LNK)
			link_look(w, path, name);
		else if (type == DT_REG)
			file_add(w, strdup(name), w->linked ? strdup(path) : NULL);
	}
	if (dir)
		closedir(dir);
}

/* Below zero: the first path comes first. */
static int backwards_compare(const char *a, size_t n, const char *b, size_t m)
{
	while (n > 0 && m > 0) {
		unsigned char x = (unsigned char)a[--n], y = (unsigned char)b[--m];

		if (x != y)
			return x < y ? -1 : 1;
	}
	return n ? 1 : m ? -1 : 0;
}

static int listed_compare(const void *a, const void *b)
{
	const struct listed *x = a, *y = b;

	return backwards_compare(x->path, x->length, y->path, y->length);
}

/* The first that does not come before a path. */
static size_t place_find(const struct listing *l, const char *path, size_t length)
{
	size_t low = 0, high = l->files;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct listed *f = &l->file[middle];

		if (backwards_compare(f->path, f->length, path, length) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t listing_find(const struct listing *l, const char *path)
{
	size_t at = place_find(l, path, strlen(path));

	return at < l->files && strcmp(l->file[at].path, path) == 0 ? at : LISTING_NONE;
}

size_t listing_ending(const struct listing *l, const char *end, size_t *ret)
{
	size_t length = strlen(end), at = place_find(l, end, length), count = 0;

	*ret = at;
	for (; at + count < l->files; count++) {
		const struct listed *f = &l->file[at + count];

		if (f->length < length ||
		    memcmp(f->path + f->length - length, end, length) != 0)
			break;
	}
	return count;
}

/* Say of each which file it is. */
static void nodes_find(struct listing *l)
{
	for (size_t i = 0; i < l->files; i++) {
		struct listed *f = &l->file[i];
		size_t node = f->real ? listing_find(l, f->real) : i;

		f->node = node == LISTING_NONE ? i : node;
		if (f->node != i) {
			f->alias = l->file[node].alias;
			l->file[node].alias = i;
		}
	}
}

struct listing *listing_create(const char *const *folder, size_t folders)
{
	struct walk w = {.l = calloc(1, sizeof(*w.l)), .folder = folder, .folders = folders};

	if (!w.l)
		return NULL;
	for (size_t i = 0; i < folders; i++) {
		if (!is_any(folder[i], folder, i))
			folder_walk(&w, folder[i], folder[i]);
		w.bounded = true;
	}
	w.linked = true;
	for (size_t i = 0; i < w.links; i++) {
		if (is_below_any(w.link[i].target, folder, folders))
			folder_walk(&w, w.link[i].target, w.link[i].path);
		free(w.link[i].path);
		free(w.link[i].target);
	}
	free(w.link);
	if (w.failed) {
		listing_destroy(w.l);
		return NULL;
	}
	if (w.l->files)
		qsort(w.l->file, w.l->files, sizeof(*w.l->file), listed_compare);
	nodes_find(w.l);
	return w.l;
}

void listing_destroy(struct listing *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->files; i++) {
		free(l->file[i].path);
		free(l->file[i].real);
	}
	free(l->file);
	free(l);
}

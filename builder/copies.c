/*
 * copies.c - sources of the diff that the build has copied elsewhere in the tree.
 *
 * Called by:  pass_unit.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * Packages that are built in several flavours copy the whole tree for each, and
 * a stamp keeps the build from doing that again. The target is made from such a
 * copy, of which the diff does not speak. It is known by the target's debug
 * information and by its contents, and gets the diff as the tree itself does.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "diff.h"
#include "facts.h"
#include "image.h"
#include "path.h"

/* Two files, not one under two names, with the same content. */
static bool are_copies(const char *a, const char *b)
{
	CLEANUP(cleanup_free) uint8_t *left = NULL;
	CLEANUP(cleanup_free) uint8_t *right = NULL;
	char a_real[PATH_MAX], b_real[PATH_MAX];
	struct stat x, y;
	size_t n, m;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && S_ISREG(x.st_mode) &&
	       S_ISREG(y.st_mode) && x.st_size == y.st_size && realpath(a, a_real) &&
	       realpath(b, b_real) && strcmp(a_real, b_real) != 0 &&
	       image_read(a, &left, &n, NULL) == OPUS_OK &&
	       image_read(b, &right, &m, NULL) == OPUS_OK && n == m &&
	       memcmp(left, right, n) == 0;
}

/* Is the folder a copy of the tree? At least half of the files at its top are there:
 * single ones may be twice in a tree, which the diff knows. */
static bool is_tree(struct build *b, const char *folder)
{
	const char *view = b->diff->view;
	DIR *dir = opendir(view);
	size_t all = 0, there = 0;

	for (struct dirent *e; dir && (e = readdir(dir)) != NULL;) {
		struct stat st;

		if (*e->d_name == '.' || fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
		    !S_ISREG(st.st_mode))
			continue;
		all++;
		there += are_copies(build_text(b, "%s/%s", view, e->d_name),
				    build_text(b, "%s/%s/%s", view, folder, e->d_name));
	}
	if (dir)
		closedir(dir);
	return there > 0 && 2 * there >= all;
}

static enum opus_code copy_add(struct build *b, const char *path, size_t original,
			       struct opus_error *err)
{
	struct diff *d = b->diff;
	const char **file = build_grow(d->file, d->files, sizeof(*file));
	bool *read, *existed;
	size_t *of;

	if (file)
		d->file = file;
	read = realloc(d->read, (d->files + 2) * sizeof(*read));
	if (read)
		d->read = read;
	existed = realloc(d->existed, (d->files + 2) * sizeof(*existed));
	if (existed)
		d->existed = existed;
	of = realloc(d->original, (d->files + 2) * sizeof(*of));
	if (of)
		d->original = of;
	if (!file || !read || !existed || !of)
		return error_set(err, OPUS_RESOURCE, "out of memory");
	file[d->files] = path;
	read[d->files] = false;
	existed[d->files] = d->existed[original];
	of[d->files++] = original;
	return OPUS_OK;
}

/* The diff's files in a copy of the tree. */
static enum opus_code tree_add(struct build *b, const char *folder, struct opus_error *err)
{
	struct diff *d = b->diff;
	size_t files = d->files, root = strlen(d->view) + 1;
	enum opus_code code = OPUS_OK;

	for (size_t i = 0; i < files && code == OPUS_OK; i++) {
		const char *path = build_text(b, "%s/%s/%s", d->view, folder, d->file[i] + root);
		bool known = d->original[i] != i;

		for (size_t k = 0; k < files; k++)
			known |= strcmp(d->file[k], path) == 0;
		if (!known && (!d->existed[i] || are_copies(d->file[i], path)))
			code = copy_add(b, path, i, err);
	}
	return code;
}

/* `name` is what a target is made from: is it in a copy of the tree? */
static enum opus_code name_look(struct build *b, const char *name, struct opus_error *err)
{
	const char *view = b->diff->view;

	for (const char *at = strchr(name, '/'); at; at = strchr(at + 1, '/')) {
		const char *folder = build_text(b, "%.*s", (int)(at - name), name);

		if (are_copies(build_text(b, "%s/%s", view, at + 1),
			       build_text(b, "%s/%s", view, name)) &&
		    is_tree(b, folder))
			return tree_add(b, folder, err);
	}
	return OPUS_OK;
}

enum opus_code copies_find(struct build *b, struct opus_error *err)
{
	enum opus_code code = OPUS_OK;

	for (size_t i = 0; i < b->targets && code == OPUS_OK; i++) {
		Dwarf_CU *cu = NULL;
		Dwarf_Die die, sub;
		uint8_t type;
		struct facts *f = NULL;

		if (!b->target[i]->dwarf)
			continue;
		code = facts_collect(NULL, NULL, 0, &f, err);
		while (code == OPUS_OK && !build_interrupted &&
		       dwarf_get_units(b->target[i]->dwarf, cu, &cu, NULL, &type, &die,
				       &sub) == 0) {
			size_t prefix;
			const char *name = tree_name(b->diff, facts_unit_path(f, &die), &prefix);

			if (name && strchr(name, '/'))
				code = name_look(b, build_text(b, "%s", name), err);
		}
		facts_destroy(f);
	}
	return code;
}

/* Written in place, it stays executable if it was. */
static enum opus_code copy_update(const struct diff *d, size_t file, struct opus_error *err)
{
	CLEANUP(cleanup_free) uint8_t *data = NULL;
	const char *from = d->file[d->original[file]];
	size_t size;
	enum opus_code code;

	if (access(from, F_OK) != 0) {
		unlink(d->file[file]);
		return OPUS_OK;
	}
	code = image_read(from, &data, &size, err);
	if (code == OPUS_OK)
		code = image_write(d->file[file], data, size, err);
	/* A new one may be in a folder that the copy has not. */
	return d->existed[file] ? code : OPUS_OK;
}

enum opus_code copies_update(struct build *b, struct opus_error *err)
{
	struct diff *d = b->diff;
	enum opus_code code = OPUS_OK;

	for (size_t i = 0; i < d->files && code == OPUS_OK; i++)
		if (d->original[i] != i)
			code = copy_update(d, i, err);
	return code;
}

/*
 * pass_tree.c - a private view of the source tree that may be built in.
 *
 * Called by:  build.c.  Needs the options, target; leaves diff.view,
 *             diff.cover, diff.strip, diff.file and the way to the output.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * A build writes into its tree, and a configured tree knows its own absolute
 * path. So the tree is covered, in a mount namespace of our own, by an overlay
 * whose writable half lies in our temporary folder: the same path, the same
 * files, and nothing of it reaches the user's tree. The namespace ends with
 * the command, however that ends. A folder beside the tree in which it is built
 * is covered as well (cover.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "cover.h"
#include "default_name.h"
#include "diff.h"
#include "image.h"
#include "path.h"

/* Where the kernel has no overlay for us, a copy does, if it may lie at the
 * path of the original or the build does not care for the path. */
static enum opus_code tree_copy(struct build *b, bool mounts,
				struct opus_error *err)
{
	struct diff *d = b->diff;
	struct command c = {0};
	enum opus_code code;

	d->view = build_text(b, "%s/tree", b->folder);
	command_add(&c, "cp");
	command_add(&c, "-a");
	command_add(&c, "--reflink=auto");
	command_add(&c, "%s", d->root);
	command_add(&c, "%s", d->view);
	code = command_run(&c, b->options->verbose, err);
	command_deinit(&c);
	if (code != OPUS_OK)
		return code;
	if (mounts && mount(d->view, d->root, NULL, MS_BIND, NULL) == 0) {
		d->view = d->root;
		d->overlaid = true;
		return OPUS_OK;
	}
	fprintf(stderr, "opus-build: warning: no mount namespace here: the build runs in a copy of the tree, at another path; a tree that was configured with absolute paths has to be configured anew in the build command\n");
	return OPUS_OK;
}

/* The private views. What lies outside the tree can have no copy at another path:
 * the build would write into the original. */
static enum opus_code covers_mount(struct build *b, struct opus_error *err)
{
	struct diff *d = b->diff;
	bool mounts = cover_namespace();
	enum opus_code code = OPUS_OK;

	for (size_t i = 0; i < d->covers && code == OPUS_OK; i++) {
		struct cover *c = &d->cover[i];
		bool tree = strcmp(c->path, d->root) == 0;

		if (mounts && cover_mount(b, c))
			d->overlaid |= tree;
		else if (tree)
			code = tree_copy(b, mounts, err);
		else
			fprintf(stderr, "opus-build: warning: no private view of %s here: the build may write into it\n",
				c->path);
	}
	return code;
}

/* A diff from a pipe, which can be read once, as a file. */
static enum opus_code diff_copy(struct build *b, int from, struct opus_error *err)
{
	CLEANUP(cleanup_close) int to = -1;
	char part[65536];
	ssize_t n;

	b->diff->path = build_text(b, "%s/given.diff", b->folder);
	to = open(b->diff->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (to < 0)
		return error_set_errno(err, OPUS_RESOURCE, "cannot write %s", b->diff->path);
	while ((n = read(from, part, sizeof(part))) > 0) {
		errno = ENOSPC; /* what a short write means */
		if (write(to, part, (size_t)n) != n)
			return error_set_errno(err, OPUS_RESOURCE, "cannot write %s",
					       b->diff->path);
	}
	return n == 0 ? OPUS_OK
		      : error_set_errno(err, OPUS_UNREADABLE, "cannot read %s",
					b->options->diff);
}

/* Where the diff can be read as often as it is needed, from any working directory. */
static enum opus_code diff_place(struct build *b, struct opus_error *err)
{
	const char *given = b->options->diff;
	bool input = diff_is_input(given);
	CLEANUP(cleanup_close) int fd = input ? dup(STDIN_FILENO)
					      : open(given, O_RDONLY | O_CLOEXEC);
	char path[PATH_MAX];
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		return error_set_errno(err, OPUS_UNREADABLE, "cannot open %s", given);
	if (S_ISDIR(st.st_mode))
		return error_set(err, OPUS_UNREADABLE, "%s: a directory, not a diff", given);
	if (input || !S_ISREG(st.st_mode))
		return diff_copy(b, fd, err);
	if (!realpath(given, path))
		return error_set_errno(err, OPUS_UNREADABLE, "cannot open %s", given);
	b->diff->path = build_text(b, "%s", path);
	return OPUS_OK;
}

/* A path as it can be opened from within the view: outputs are written where
 * the user meant them, not into the view. *fd holds the folder open. */
static enum opus_code path_hold(struct build *b, const char *path, int *fd,
				const char **ret, struct opus_error *err)
{
	const char *slash = strrchr(path, '/');
	const char *folder = slash ? build_text(b, "%.*s/", (int)(slash - path), path)
				   : ".";

	*fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (*fd < 0)
		return error_set_errno(err, OPUS_RESOURCE, "cannot write %s", path);
	*ret = build_text(b, "/proc/self/fd/%d/%s", *fd, slash ? slash + 1 : path);
	return OPUS_OK;
}

enum opus_code emit_keep(struct build *b, struct opus_error *err)
{
	const char *to = b->diff->emit, *dot = strrchr(b->options->emit, '.');
	int stem = (int)(strlen(to) - (dot && !strchr(dot, '/') ? strlen(dot) : 0));

	for (size_t i = 0; i < b->sources; i++) {
		const char *path = i == 0 ? to
					  : build_text(b, "%.*s-%zu%s", stem, to, i + 1,
						       to + stem);
		CLEANUP(cleanup_free) uint8_t *data = NULL;
		size_t size;
		enum opus_code code = image_read(b->source[i].path, &data, &size, err);
		FILE *f;

		if (code != OPUS_OK)
			return code;
		f = fopen(path, "we");
		if (!f || fwrite(data, 1, size, f) != size || fclose(f) != 0)
			return error_set_errno(err, OPUS_RESOURCE, "cannot write %s",
					       b->options->emit);
	}
	return OPUS_OK;
}

const char *diff_header_name(struct build *b, const char *line)
{
	size_t n;

	line += 4;
	n = strcspn(line, "\t\n\r");
	while (n > 0 && line[n - 1] == ' ')
		n--;
	if (n >= 9 && strncmp(line, "/dev/null", 9) == 0)
		return NULL;
	if (*line == '"' && n > 2)
		return build_text(b, "%.*s", (int)n - 2, line + 1);
	return build_text(b, "%.*s", (int)n, line);
}

const char *diff_name_strip(const char *name, int strip)
{
	while (strip-- > 0) {
		name = strchr(name, '/');
		if (!name)
			return NULL;
		name += strspn(name, "/");
	}
	/* Nothing outside the tree is touched, whatever a diff says. */
	for (const char *p = strstr(name, ".."); p; p = strstr(p + 2, ".."))
		if ((p == name || p[-1] == '/') && (p[2] == 0 || p[2] == '/'))
			return NULL;
	return name;
}

static enum opus_code file_add(struct build *b, const char *name,
			       struct opus_error *err)
{
	struct diff *d = b->diff;
	const char *path = build_text(b, "%s/%s", d->view, name);
	const char **grown;

	for (size_t i = 0; i < d->files; i++)
		if (strcmp(d->file[i], path) == 0)
			return OPUS_OK;
	grown = build_grow(d->file, d->files, sizeof(*grown));
	if (!grown)
		return error_set(err, OPUS_RESOURCE, "out of memory");
	d->file = grown;
	grown[d->files++] = path;
	return OPUS_OK;
}

/* Go through the headers of the diff. With `names` NULL count how many of the
 * files that it changes exist at this strip level. */
static enum opus_code headers_read(struct build *b, const char *bytes, int strip,
				   bool add, size_t *ret_there, size_t *ret_all,
				   struct opus_error *err)
{
	struct diff *d = b->diff;
	enum opus_code code = OPUS_OK;

	*ret_there = *ret_all = 0;
	for (const char *p = bytes; p && *p && code == OPUS_OK;
	     p = strchr(p, '\n'), p = p ? p + 1 : NULL) {
		const char *next = strchr(p, '\n'), *old, *new, *name;

		if (strncmp(p, "--- ", 4) != 0 || !next ||
		    strncmp(next + 1, "+++ ", 4) != 0)
			continue;
		old = diff_header_name(b, p);
		new = diff_header_name(b, next + 1);
		(*ret_all)++;
		*ret_there += !old;
		name = diff_name_strip(old ? old : new ? new : "", strip);
		if (old && (!name || access(build_text(b, "%s/%s", d->view, name),
					    F_OK) != 0))
			name = new ? diff_name_strip(new, strip) : NULL;
		if (!name || !*name)
			continue;
		*ret_there += old && access(build_text(b, "%s/%s", d->view, name),
					    F_OK) == 0;
		if (add)
			code = file_add(b, name, err);
	}
	return code;
}

enum opus_code diff_files(struct build *b, struct opus_error *err)
{
	struct diff *d = b->diff;
	CLEANUP(cleanup_free) uint8_t *data = NULL;
	CLEANUP(cleanup_free) char *bytes = NULL;
	size_t size, there, all, most = 0;
	static const int levels[] = {1, 0, 2, 3, 4};
	uint8_t digest[DIGEST_SIZE];
	struct sha256 s;
	enum opus_code code = image_read(d->path, &data, &size, err);

	if (code != OPUS_OK)
		return code;
	sha256_init(&s);
	sha256_add(&s, data, size); /* what sha256sum says, zero bytes and all */
	for (size_t i = 0; i < d->hooks; i++)
		sha256_add(&s, d->hook_text[i].bytes, d->hook_text[i].size);
	sha256_end(&s, digest);
	for (int i = 0; i < DIGEST_SIZE; i++)
		sprintf(b->source_digest + 2 * i, "%02x", digest[i]);
	bytes = image_text(data, size);
	if (!bytes)
		return error_set(err, OPUS_RESOURCE, "out of memory");
	d->strip = -1;
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		code = headers_read(b, bytes, levels[i], false, &there, &all, err);
		if (code != OPUS_OK)
			return code;
		if (there > most) {
			most = there;
			d->strip = levels[i];
		}
	}
	if (all == 0)
		return error_set(err, OPUS_INVALID,
				 "%s: is no unified diff: it has no lines \"--- a/file\", \"+++ b/file\"",
				 b->options->diff);
	if (d->strip < 0)
		return error_set(err, OPUS_INVALID,
				 "%s: none of the files that it changes is in %s",
				 b->options->diff, d->root);
	code = headers_read(b, bytes, d->strip, true, &there, &all, err);
	d->read = calloc(d->files + 1, sizeof(*d->read));
	d->existed = calloc(d->files + 1, sizeof(*d->existed));
	d->original = calloc(d->files + 1, sizeof(*d->original));
	if (!d->read || !d->existed || !d->original)
		return error_set(err, OPUS_RESOURCE, "out of memory");
	for (size_t i = 0; i < d->files; i++) {
		d->existed[i] = access(d->file[i], F_OK) == 0;
		d->original[i] = i;
	}
	return code;
}

enum opus_code pass_tree(struct build *b, struct opus_error *err)
{
	const struct build_options *o = b->options;
	struct diff *d = calloc(1, sizeof(*d));
	char root[PATH_MAX], cwd[PATH_MAX];
	enum opus_code code = OPUS_OK;

	b->diff = d;
	if (!d)
		return error_set(err, OPUS_RESOURCE, "out of memory");
	if (!realpath(o->tree, root))
		return error_set_errno(err, OPUS_UNREADABLE, "cannot open %s", o->tree);
	if (!getcwd(cwd, sizeof(cwd)))
		return error_set_errno(err, OPUS_UNREADABLE, "cannot tell the working directory");
	d->root = d->view = build_text(b, "%s", root);
	if (path_is_below(b->folder, root))
		return error_set(err, OPUS_INVALID,
				 "the temporary folder %s lies in the source tree: set TMPDIR",
				 b->folder);
	code = diff_place(b, err);
	if (code == OPUS_OK)
		code = hooks_read(b, err);
	if (code == OPUS_OK)
		code = path_hold(b, o->output, &b->output_folder, &b->output, err);
	if (code == OPUS_OK && o->emit)
		code = path_hold(b, o->emit, &b->emit_folder, &d->emit, err);
	if (code != OPUS_OK)
		return code;
	code = covers_find(b, err);
	if (code == OPUS_OK)
		code = covers_mount(b, err);
	/* The working directory still is what lies below the view. */
	if (code == OPUS_OK && chdir(cwd) != 0)
		code = error_set_errno(err, OPUS_RESOURCE, "cannot enter %s", cwd);
	return code == OPUS_OK ? diff_files(b, err) : code;
}

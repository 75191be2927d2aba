/*
 * cover.c - folders that a build may write into, behind private views.
 *
 * Called by:  pass_tree.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * A build writes into its tree, and often into a folder beside it. Which one
 * that is, the debug information of the target tells, where the compiler was
 * run, and the build command, which names it.
 */
#include "cover.h"

#include <dwarf.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "path.h"

static bool file_write_text(const char *path, const char *text)
{
	CLEANUP(cleanup_close) int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

/* Without root, a user namespace gives the right to mount. */
bool cover_namespace(void)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	char map[64];

	if (unshare(CLONE_NEWNS) != 0) {
		if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
			return false;
		snprintf(map, sizeof(map), "%u %u 1", uid, uid);
		file_write_text("/proc/self/setgroups", "deny");
		if (!file_write_text("/proc/self/uid_map", map))
			return false;
		snprintf(map, sizeof(map), "%u %u 1", gid, gid);
		if (!file_write_text("/proc/self/gid_map", map))
			return false;
	}
	return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

static bool view_mount(struct build *b, const struct cover *c)
{
	const char *options = build_text(b, "lowerdir=%s%s%s,upperdir=%s,workdir=%s",
					 c->below ? c->below : "", c->below ? ":" : "",
					 c->path, c->upper, c->work);

	return mount("overlay", c->path, "overlay", 0, options) == 0;
}

/* New folders for what is written into the view. */
static bool halves_make(struct build *b, struct cover *c)
{
	const char *upper = build_text(b, "%s/upper%zu", b->folder, b->diff->mounted);
	const char *work = build_text(b, "%s/work%zu", b->folder, b->diff->mounted);

	b->diff->mounted++;
	if (mkdir(upper, 0755) != 0 || mkdir(work, 0755) != 0)
		return false;
	c->upper = upper;
	c->work = work;
	return true;
}

bool cover_mount(struct build *b, struct cover *c)
{
	/* Commas and colons separate in the option string. */
	if (strpbrk(c->path, ",:\\") || !halves_make(b, c))
		return false;
	if (view_mount(b, c))
		return true;
	c->upper = NULL;
	return false;
}

/* Put all views up anew, as their fields say now. The working directory is in
 * what was mounted. */
static bool views_change(struct build *b)
{
	struct diff *d = b->diff;
	char cwd[PATH_MAX];
	bool good = getcwd(cwd, sizeof(cwd)) != NULL && chdir("/") == 0;

	for (size_t i = d->covers; i > 0; i--)
		good = good && umount2(d->cover[i - 1].path, MNT_DETACH) == 0;
	for (size_t i = 0; i < d->covers; i++)
		good = good && view_mount(b, &d->cover[i]);
	return good && chdir(cwd) == 0;
}

bool covers_push(struct build *b)
{
	struct diff *d = b->diff;
	bool good = true;

	for (size_t i = 0; i < d->covers; i++) {
		struct cover *c = &d->cover[i];

		c->below = c->upper;
		c->below_work = c->work;
		good = good && halves_make(b, c);
	}
	return good && views_change(b);
}

bool covers_pop(struct build *b)
{
	struct diff *d = b->diff;

	for (size_t i = 0; i < d->covers; i++) {
		struct cover *c = &d->cover[i];

		c->upper = c->below;
		c->work = c->below_work;
		c->below = NULL;
	}
	return views_change(b);
}

static bool has_file(struct build *b, const char *folder, const char *name)
{
	return access(build_text(b, "%s/%s", folder, name), F_OK) == 0;
}

static bool is_build_folder(struct build *b, const char *folder)
{
	static const char *const marks[] = {"Makefile", "GNUmakefile", "makefile",
					    "config.status", "CMakeCache.txt",
					    "build.ninja", NULL};

	for (size_t i = 0; marks[i]; i++)
		if (has_file(b, folder, marks[i]))
			return true;
	return false;
}

/* Note a folder that exists, unless it is covered anyway. Ours cannot lie in
 * what it is to cover. */
static bool cover_add(struct build *b, const char *folder)
{
	struct diff *d = b->diff;
	struct cover *grown;

	if (path_is_below(b->folder, folder))
		return true;
	for (size_t i = 0; i < d->covers; i++)
		if (path_is_below(folder, d->cover[i].path))
			return true;
	grown = build_grow(d->cover, d->covers, sizeof(*grown));
	if (!grown)
		return false;
	d->cover = grown;
	grown[d->covers++] = (struct cover){.path = build_text(b, "%s", folder)};
	return true;
}

/* `path` as the build sees it, if it is a folder outside the tree; and those
 * above it that belong to the same build. */
static bool folder_add(struct build *b, const char *path, bool certain)
{
	const char *root = b->diff->root;
	char folder[PATH_MAX];
	struct stat st;

	if (*path != '/')
		path = build_text(b, "%s/%s", root, path);
	if (!realpath(path, folder) || stat(folder, &st) != 0 || !S_ISDIR(st.st_mode) ||
	    path_is_below(folder, root) || !(certain || is_build_folder(b, folder)))
		return true;
	for (;;) {
		char *slash = strrchr(folder, '/');

		if (slash == folder)
			break;
		*slash = 0;
		if (!is_build_folder(b, folder) || path_is_below(root, folder)) {
			*slash = '/';
			break;
		}
	}
	return cover_add(b, folder);
}

/* Where the compiler was run for what is in the target. */
static bool target_folders_add(struct build *b, const struct object *o)
{
	Dwarf_CU *cu = NULL;
	Dwarf_Die die, sub;
	Dwarf_Attribute attr;
	uint8_t type;
	const char *last = "";
	bool good = true;

	while (good && o->dwarf &&
	       dwarf_get_units(o->dwarf, cu, &cu, NULL, &type, &die, &sub) == 0) {
		const char *folder = dwarf_attr(&die, DW_AT_comp_dir, &attr)
					     ? dwarf_formstring(&attr)
					     : NULL;

		if (!folder || *folder != '/' || strcmp(folder, last) == 0)
			continue;
		last = folder;
		good = folder_add(b, folder, true);
	}
	return good;
}

/* What the build command names, also within a word for a shell. */
static bool command_folders_add(struct build *b, const char *word)
{
	CLEANUP(cleanup_free) char *copy = strdup(word);
	char *rest = NULL;
	bool good = copy != NULL;

	for (char *p = good ? strtok_r(copy, " \t\n;&|()'\"=", &rest) : NULL; p && good;
	     p = strtok_r(NULL, " \t\n;&|()'\"=", &rest)) {
		good = folder_add(b, p, false);
		if (good && strncmp(p, "-C", 2) == 0 && p[2])
			good = folder_add(b, p + 2, false);
	}
	return good;
}

/* Outer folders first: a view of one hides what lies over its inner ones. */
static int cover_compare(const void *a, const void *b)
{
	size_t x = strlen(((const struct cover *)a)->path);
	size_t y = strlen(((const struct cover *)b)->path);

	return x < y ? -1 : x > y;
}

enum opus_code covers_find(struct build *b, struct opus_error *err)
{
	struct diff *d = b->diff;
	bool good = cover_add(b, d->root);

	for (size_t i = 0; i < b->targets && good; i++)
		good = target_folders_add(b, b->target[i]);
	for (size_t i = 0; i < b->options->commands && good; i++)
		good = command_folders_add(b, b->options->command[i]);
	if (!good)
		return error_set(err, OPUS_RESOURCE, "out of memory");
	qsort(d->cover, d->covers, sizeof(*d->cover), cover_compare);
	return OPUS_OK;
}

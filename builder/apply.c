/*
 * apply.c - put the diff into the view of the tree.
 *
 * Called by:  pass_unit.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * Fixes are made for a developer's tree, and meet the sources of a release:
 * tests that are not in it, binary files that patch(1) knows nothing of, lists
 * of changes that say something else. None of that is in a target, so it is
 * left out with a note; what code does not take is an error.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "compile.h"
#include "diff.h"
#include "image.h"
#include "path.h"

static bool starts(const char *line, const char *with)
{
	size_t n = strlen(with);

	return strnlen(line, n) == n && memcmp(line, with, n) == 0;
}

static const char *line_next(const char *line)
{
	const char *end = strchr(line, '\n');

	return end ? end + 1 : line + strlen(line);
}

static bool is_header(const char *line)
{
	return starts(line, "--- ") && starts(line_next(line), "+++ ");
}

/* Is the file of "--- a/x" and "+++ b/x" one that there was, and not here? */
static bool is_missing(struct build *b, const char *line, const char **ret)
{
	struct diff *d = b->diff;
	const char *old = diff_header_name(b, line);
	const char *new = diff_header_name(b, line_next(line));
	const char *names[] = {old, new};

	*ret = old;
	if (!old || starts(line_next(line_next(line)), "@@ -0,0 "))
		return false; /* it makes the file */
	for (int i = 0; i < 2; i++) {
		const char *name = names[i] ? diff_name_strip(names[i], d->strip) : NULL;

		if (name && access(build_text(b, "%s/%s", d->view, name), F_OK) == 0)
			return false;
	}
	return true;
}

static void part_tell(struct build *b, const char *name, const char *why)
{
	struct note_place place = {b->options->diff, "1"};

	build_remark(b, &place, name, "%s", why);
}

/* Copy the diff, which `text` is and whose bytes are in `data`, without the parts
 * that cannot be applied. */
static void parts_write(struct build *b, const char *text, const uint8_t *data,
			FILE *out)
{
	bool skip = false, head = false; /* between "diff --git" and "---" */
	const char *name;
	long begin = 0; /* of the part at hand, in `out` */

	for (const char *p = text; *p; p = line_next(p)) {
		bool skipped = skip;

		if (starts(p, "diff --git ") || starts(p, "Index: ")) {
			skip = false;
			head = true;
			begin = ftell(out);
		} else if (is_header(p)) {
			if (!head)
				begin = ftell(out);
			head = false;
			skip = is_missing(b, p, &name);
			if (skip)
				part_tell(b, name, "is not in the tree, and left out");
		} else if (starts(p, "GIT binary patch") ||
			   (head && starts(p, "Binary files "))) {
			skip = true;
			part_tell(b, "a binary file", "is left out");
		}
		if (skip && !skipped)
			fseek(out, begin, SEEK_SET);
		if (!skip)
			fwrite(data + (p - text), 1, (size_t)(line_next(p) - p), out);
	}
	if (fflush(out) == 0 && ftruncate(fileno(out), ftell(out)) != 0)
		part_tell(b, b->options->diff, "cannot be copied");
}

static enum opus_code diff_clean(struct build *b, const char *path,
				 struct opus_error *err)
{
	CLEANUP(cleanup_free) uint8_t *data = NULL;
	CLEANUP(cleanup_free) char *text = NULL;
	size_t size;
	enum opus_code code = image_read(b->diff->path, &data, &size, err);
	FILE *out;

	if (code != OPUS_OK)
		return code;
	text = image_text(data, size);
	out = fopen(path, "we");
	if (!text || !out)
		return error_set_errno(err, OPUS_RESOURCE, "cannot write %s", path);
	parts_write(b, text, data, out);
	return fclose(out) == 0
		       ? OPUS_OK
		       : error_set_errno(err, OPUS_RESOURCE, "cannot write %s", path);
}

/* Lists of changes and the like, which no build reads. */
static bool is_document(const char *name)
{
	static const char *const names[] = {"NEWS", "CHANGES", "ChangeLog", "README",
					    "AUTHORS", "THANKS", "COPYING", "TODO",
					    "RELEASE", "Changelog", "Changes", NULL};
	static const char *const ends[] = {".md", ".txt", ".rst", ".html", ".adoc",
					   ".po", ".pot", ".1", ".3", ".5", ".7",
					   ".8", NULL};
	static const char *const code[] = {".c", ".h", NULL};
	const char *base = path_base(name);

	for (size_t i = 0; names[i]; i++)
		if (starts(base, names[i]) && !compile_is_cxx(name) &&
		    !path_has_suffix(base, code))
			return true;
	return path_has_suffix(base, ends);
}

static bool has_failed(const char *line)
{
	return strstr(line, " FAILED at ") || strstr(line, " ignored") ||
	       starts(line, "Reversed (or previously");
}

static void fuzz_mark(struct build *b, const char *file)
{
	struct diff *d = b->diff;
	const char *path = build_text(b, "%s/%s", d->view, file);

	for (size_t i = 0; i < d->files; i++)
		if (strcmp(d->file[i], path) == 0)
			d->inexact[i] = !is_document(file);
}

/* Go through what patch(1) said: the first file of code that did not take its
 * part, NULL if there is none. *any: a document did not. */
static const char *failed_file(struct build *b, const char *said, bool *any)
{
	const char *file = "", *found = NULL;
	bool told = false;

	*any = false;
	for (const char *p = said; *p; p = line_next(p)) {
		const char *line = build_text(b, "%.*s", (int)strcspn(p, "\n"), p);

		if (starts(line, "patching file ")) {
			file = line + strlen("patching file ");
			told = false;
		}
		if (strstr(line, " with fuzz "))
			fuzz_mark(b, file);
		if (told || !has_failed(line))
			continue;
		told = *any = true;
		if (is_document(file))
			part_tell(b, file, "does not take its part of the diff, and is left out");
		else if (!found)
			found = file;
	}
	return found;
}

enum opus_code diff_apply(struct build *b, struct opus_error *err)
{
	struct diff *d = b->diff;
	CLEANUP(cleanup_free) uint8_t *said = NULL;
	CLEANUP(cleanup_free) char *text = NULL;
	const char *clean = build_text(b, "%s/clean.diff", b->folder), *file;
	const char *log = build_text(b, "%s/patch.log", b->folder);
	size_t size;
	struct command c = {0};
	bool any;
	enum opus_code code = diff_clean(b, clean, err);

	if (code != OPUS_OK)
		return code;
	d->inexact = calloc(d->files + 1, sizeof(*d->inexact));
	if (!d->inexact)
		return error_set(err, OPUS_RESOURCE, "out of memory");
	c.log = log;
	command_add_words(&c, "env LC_ALL=C patch -f -N --no-backup-if-mismatch -r - ");
	command_add(&c, "-p%d", d->strip);
	command_add(&c, "-d");
	command_add(&c, "%s", d->view);
	command_add(&c, "-i");
	command_add(&c, "%s", clean);
	code = command_run(&c, b->options->verbose, err);
	command_deinit(&c);
	if ((code != OPUS_OK && code != OPUS_INVALID) ||
	    image_read(log, &said, &size, NULL) != OPUS_OK)
		return code;
	text = strndup((char *)said, size);
	file = text ? failed_file(b, text, &any) : "";
	if (code == OPUS_OK || (!file && any))
		return OPUS_OK;
	fputs(text ? text : "", stderr);
	return error_set(err, OPUS_INVALID,
			 "%s does not fit the source in %s%s%s: that has to be the source that the target was built from, without the fix",
			 b->options->diff, d->root, file && *file ? ", in " : "",
			 file ? file : "");
}

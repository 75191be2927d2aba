/*
 * build_files.c - what the diff changes in how the tree is built.
 *
 * Called by:  pass_unit.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * The new functions are compiled as the old ones were. A macro or an option that
 * the diff gives in a Makefile does not reach them: a fix that works by one (new
 * checks of the compiler, code within #ifdef) would be missing without a word.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "diff.h"
#include "image.h"
#include "path.h"

/* Where options are given, in the words of make, autoconf, cmake and meson. */
static const char *const words[] = {
	"CFLAGS", "CPPFLAGS", "CXXFLAGS", "CCFLAGS", "LDFLAGS", "AC_DEFINE",
	"add_definitions", "add_compile_definitions", "add_compile_options",
	"compile_definitions", "compile_options", "c_args", "cpp_args",
	"add_project_arguments", "add_global_arguments", "cc-option"};

bool build_files_is(const char *path)
{
	static const char *const suffixes[] = {".am", ".ac", ".m4", ".mk", ".mak", ".cmake", NULL};
	const char *base = path_base(path);

	return path_has_suffix(path, suffixes) || strncmp(base, "Makefile", 8) == 0 ||
	       strcmp(base, "makefile") == 0 || strcmp(base, "GNUmakefile") == 0 ||
	       strcmp(base, "configure") == 0 || strncmp(base, "configure.", 10) == 0 ||
	       strcmp(base, "CMakeLists.txt") == 0 || strncmp(base, "meson", 5) == 0;
}

/* "-DX", "-fx": an option of the compiler. */
static bool has_option(const char *line)
{
	for (const char *p = strchr(line, '-'); p; p = strchr(p + 1, '-'))
		if (p > line && strchr(" \t=\"'", p[-1]) && strchr("DUfm", p[1]) && p[1] &&
		    (isalpha((unsigned char)p[2]) || p[2] == '_'))
			return true;
	return false;
}

static bool gives_options(const char *line)
{
	line += strspn(line, " \t");
	if (*line == '#' || strncmp(line, "dnl", 3) == 0)
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strstr(line, words[i]))
			return true;
	return has_option(line);
}

/* Does the next line belong to it? */
static bool is_continued(const char *line)
{
	size_t n = strlen(line);

	return n > 0 && line[n - 1] == '\\';
}

/* Is there something in its folder, or below, that a target may be made from? */
static bool concerns_target(const struct diff *d, const char *path)
{
	size_t folder = (size_t)(path_base(path) - path);

	for (size_t i = 0; i < d->units; i++)
		if (d->unit[i]->wanted && strncmp(d->unit[i]->source, path, folder) == 0)
			return true;
	return false;
}

/* The file of the diff that "+++ b/x" names, NULL if it says nothing about how a
 * target is built. */
static const char *file_of(struct build *b, const char *header)
{
	const struct diff *d = b->diff;
	const char *name = diff_header_name(b, header), *path;

	name = name ? diff_name_strip(name, d->strip) : NULL;
	path = name ? build_text(b, "%s/%s", d->view, name) : NULL;
	return path && build_files_is(path) && concerns_target(d, path) ? path : NULL;
}

bool build_files_tell(struct build *b)
{
	CLEANUP(cleanup_free) uint8_t *data = NULL;
	CLEANUP(cleanup_free) char *bytes = NULL;
	const char *file = NULL, *before = "";
	size_t size, number = 0;
	bool any = false, options = false;

	if (image_read(b->diff->path, &data, &size, NULL) == OPUS_OK)
		bytes = image_text(data, size);
	for (char *line = bytes, *next; line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = 0;
		else
			next = line + strlen(line);
		options = (options && is_continued(before)) || gives_options(line + 1);
		before = line;
		if (strncmp(line, "+++ ", 4) == 0)
			file = file_of(b, line);
		else if (strncmp(line, "@@ ", 3) == 0 && strchr(line, '+'))
			number = (size_t)atoi(strchr(line, '+'));
		else if (file && options &&
			 (*line == '+' || (*line == '-' && strncmp(line, "--- ", 4) != 0))) {
			struct note_place place = {file, build_text(b, "%zu", number)};

			build_tell(b, TOPIC_BUILD_FILES, &place, path_base(file),
				   "see that the fix does without it; options that it adds can be given by the build command",
				   "changes options by which the target is built: the patch is compiled as the target was, without them");
			any = true;
			file = NULL; /* once for each file */
		}
		number += *line == '+' || *line == ' ';
	}
	return any;
}

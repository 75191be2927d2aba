/*
 * depends.c - what a source reads, as the compiler has told make.
 *
 * Called by:  includes.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * Most builds have the compiler write down what it reads (-MD), in files that are
 * named after the source or its object and stay beside that. What they say is
 * exact, where names and conditions let too many sources reach too many headers; in
 * a large tree that decides between a minute and an hour.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "diff.h"
#include "image.h"
#include "includes.h"
#include "listing.h"
#include "path.h"

/* Is it the same file? A word from a folder that is not known has to end as the
 * path does. */
static bool word_is(const struct diff *d, const char *word, const char *path)
{
	size_t n, m = strlen(path), prefix;

	if (strcmp(path_base(word), path_base(path)) != 0)
		return false;
	if (*word == '/') {
		const char *name = strcmp(word, path) == 0 ? NULL : tree_name(d, word, &prefix);

		n = strlen(d->view);
		return strcmp(word, path) == 0 ||
		       (name && path_is_below(path, d->view) && strcmp(path + n + 1, name) == 0);
	}
	while (strncmp(word, "../", 3) == 0)
		word += 3;
	n = strlen(word);
	/* Names with blanks are written as "a\ b", and come in parts. */
	return m > n && strchr("/ ", path[m - n - 1]) && strcmp(path + m - n, word) == 0;
}

/* Is the file of dependencies in the source's folder, or below it? */
static bool is_near(const char *file, const char *source)
{
	size_t n = (size_t)(path_base(source) - source);

	return strncmp(file, source, n) == 0;
}

static bool is_of_diff(const struct diff *d, const char *word)
{
	for (size_t i = 0; i < d->files; i++)
		if (d->existed[i] && word_is(d, word, d->file[i]))
			return true;
	for (size_t i = 0; i < d->mades; i++)
		if (word_is(d, word, d->made[i]))
			return true;
	return false;
}

/* Go through the words of the file: does it speak of the source, and then, does it
 * of a file of the diff? 1, 0, or -1: it is another source's. */
static int file_ask(const struct diff *d, const char *file, const char *source)
{
	CLEANUP(cleanup_free) uint8_t *data = NULL;
	CLEANUP(cleanup_free) char *text = NULL;
	bool its = false, reads = false;
	char *rest = NULL;
	size_t size;

	if (image_read(file, &data, &size, NULL) != OPUS_OK || !(text = image_text(data, size)))
		return -1;
	for (char *word = strtok_r(text, " \t\r\n\\", &rest); word;
	     word = strtok_r(NULL, " \t\r\n\\", &rest)) {
		size_t n = strlen(word);

		if (word[n - 1] == ':')
			word[n - 1] = 0;
		path_clean(word);
		its |= (strchr(word, '/') || is_near(file, source)) && word_is(d, word, source);
		reads |= is_of_diff(d, word);
	}
	return its ? reads : -1;
}

/* All files that end like that, with the object's folder or its program's name, "prog-",
 * before it. */
static int files_ask(const struct diff *d, const struct listing *l, const char *end,
		     const char *source)
{
	size_t first, count = listing_ending(l, end, &first);
	int told = -1;

	for (size_t i = 0; i < count && told < 1; i++) {
		const struct listed *f = &l->file[first + i];
		char before = f->length > strlen(end) ? f->path[f->length - strlen(end) - 1] : 0;
		int one = before && strchr("/-_.", before) ? file_ask(d, f->path, source) : -1;

		told = one > told ? one : told;
	}
	return told;
}

int depends_ask(struct build *b, const struct listing *l, const char *source)
{
	/* gcc, CMake, automake, Linux and its like. */
	static const char *const ends[] = {".d", ".o.d", ".lo.d", ".Po", ".Plo", ".P",
					   ".o.cmd", ".dep"};
	const char *base = path_base(source), *dot = strrchr(base, '.');
	int whole = (int)strlen(base), stem = dot ? (int)(dot - base) : whole, told = -1;

	for (size_t i = 0; i < 2 * sizeof(ends) / sizeof(ends[0]) && told < 1; i++) {
		CLEANUP(cleanup_free) char *end = NULL;
		int one;

		if (asprintf(&end, "%.*s%s", i % 2 ? whole : stem, base, ends[i / 2]) < 0)
			return -1;
		one = files_ask(b->diff, l, end, source);
		told = one > told ? one : told;
	}
	return told;
}

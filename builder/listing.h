/*
 * listing.h - all files of some folders, to be found by how their path ends.
 *
 * Included by: builder/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_LISTING_H
#define OPUS_LISTING_H

#include <stdbool.h>
#include <stddef.h>

#define LISTING_NONE ((size_t)-1)

struct listed {
	char *path;
	size_t length;
	char *real;  /* a link: where it leads; or NULL */
	size_t node; /* the file itself: another entry if this is a link to it */
	size_t alias; /* the next that is the same file, or LISTING_NONE; begins at the
		       * file itself */
};

struct listing {
	struct listed *file; /* by path, read backwards */
	size_t files;
};

/*
 * List the folders, whose paths have no links, and those below them; a link to a
 * folder among them is followed, but no further ones in there. The first is listed
 * whole, of the others some may be left out where they have more files than any
 * build. What cannot be opened has no files. NULL: out of memory. The caller gives it back with listing_destroy().
 */
struct listing *listing_create(const char *const *folder, size_t folders);
void listing_destroy(struct listing *l);

/* The file of that absolute path, or LISTING_NONE. */
size_t listing_find(const struct listing *l, const char *path);

/* How many have a path that ends in `end`; the first of them into *ret, the others
 * stand behind it. */
size_t listing_ending(const struct listing *l, const char *end, size_t *ret);

#endif

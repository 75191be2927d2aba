/*
 * layout.h - are the fields of a record where they were?
 *
 * Included by: laid.c, layout.c.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_LAYOUT_H
#define OPUS_LAYOUT_H

#include <stdbool.h>

enum layout_change {
	LAYOUT_SAME,  /* those that were there, perhaps under other names */
	LAYOUT_TABLE, /* of C++: other virtual functions, or in another order */
	LAYOUT_MOVED, /* one is at another place, or of another size */
	LAYOUT_KIND,  /* one points to functions that are called in another way */
};

/* Compare two texts of abi_layout(), NULL is one without fields. Of the first
 * that changed *name is the name, of *length bytes, in one of them. Errors: none. */
enum layout_change layout_compare(const char *old, const char *new,
				  const char **name, int *length);

/* A field that has another name than the one that was at its place, of a table of which
 * the rest is LAYOUT_SAME: the two names, of *length bytes each. False: there is none. */
bool layout_renamed(const char *old, const char *new, const char *name[2], int length[2]);

#endif

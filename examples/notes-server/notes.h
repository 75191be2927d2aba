/*
 * notes.h - what the notes server and a patch for it both have to know.
 *
 * Included by: notes.c, fix-range.c
 * Runs on:     any thread.
 * Locks:       none: notes are written before the first thread starts.
 * Signal:      safe: data only.
 */
#ifndef NOTES_H
#define NOTES_H

#include <stdbool.h>
#include <stddef.h>

struct note {
	const char *owner;
	const char *title;
	bool private; /* only its owner may read it */
	size_t at;    /* where its text starts in the store */
	size_t length;
};

struct request {
	int fd;
	bool keep_alive;
	char path[256];
	char range[64]; /* value of the Range header; empty: none */
};

#endif

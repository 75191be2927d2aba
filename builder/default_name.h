/*
 * default_name.h - what a patch and its file are called if nobody says so.
 *
 * Included by: builder/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: stdio.
 */
#ifndef OPUS_DEFAULT_NAME_H
#define OPUS_DEFAULT_NAME_H

#include <stdbool.h>

/* With its end. Names of patches are at most that long, so that one of each target
 * can be added behind. */
#define NAME_DEFAULT 101

struct build_options;

/* The name of a patch: as it was given, else the first label, else the name of the
 * diff or of the first source without its suffix; without blanks and slashes. */
void name_default(const struct build_options *o, char ret[NAME_DEFAULT]);

/* True if there is nothing to name a patch after: its diff comes through a pipe. */
bool name_is_missing(const struct build_options *o);

/* True if `diff` means standard input. */
bool diff_is_input(const char *diff);

#endif

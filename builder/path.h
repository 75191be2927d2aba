/*
 * path.h - what a file is called.
 *
 * Included by: builder/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      safe: data only.
 */
#ifndef OPUS_PATH_H
#define OPUS_PATH_H

#include <stdbool.h>
#include <string.h>

/* The last part of a path. */
static inline const char *path_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Does it end in one of these, "." included? The list ends in NULL. */
static inline bool path_has_suffix(const char *path, const char *const *suffixes)
{
	const char *dot = strrchr(path, '.');

	for (; dot && *suffixes; suffixes++)
		if (strcmp(dot, *suffixes) == 0)
			return true;
	return false;
}

static inline bool path_is_assembly(const char *path)
{
	return path_has_suffix(path, (const char *const[]){".S", ".s", ".sx", ".asm", NULL});
}

static inline bool path_is_header(const char *path)
{
	return path_has_suffix(path, (const char *const[]){".h", ".hh", ".hpp", ".hxx", ".inc",
							   ".ipp", ".tcc", NULL});
}

/* Is it that folder, or in it? */
static inline bool path_is_below(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	return strncmp(path, folder, n) == 0 &&
	       (path[n] == '/' || path[n] == 0 || (n && folder[n - 1] == '/'));
}

#endif

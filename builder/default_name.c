/*
 * default_name.c - what a patch and its file are called if nobody says so.
 *
 * Called by:  main.c, pass_emit.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: stdio.
 */
#include "default_name.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "build.h"
#include "path.h"

/* Length of a file's name without the suffix that says what kind it is. */
static size_t stem(const char *name)
{
	static const char *const kinds[] = {".patch", ".diff", ".c", ".cc", ".cpp", ".cxx", ".C"};
	size_t n = strlen(name);

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t kind = strlen(kinds[i]);

		if (n > kind && strcmp(name + n - kind, kinds[i]) == 0)
			return n - kind;
	}
	return n;
}

void name_default(const struct build_options *o, char ret[NAME_DEFAULT])
{
	const char *from = o->name ? o->name : o->labels ? o->label[0]
				   : o->diff ? o->diff : o->source[0];
	const char *base = o->name ? from : path_base(from);
	size_t n = o->name ? strlen(base) : stem(base);

	snprintf(ret, NAME_DEFAULT, "%.*s", (int)(n < NAME_DEFAULT ? n : NAME_DEFAULT), base);
	for (char *p = ret; *p; p++)
		if (strchr(" \t\n/\"\\", *p))
			*p = '-';
}

bool name_is_missing(const struct build_options *o)
{
	struct stat st;

	if (o->name || o->labels || !o->diff)
		return false;
	return diff_is_input(o->diff) ||
	       (stat(o->diff, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode));
}

bool diff_is_input(const char *diff)
{
	return strcmp(diff, "-") == 0;
}

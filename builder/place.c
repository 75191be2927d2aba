/*
 * place.c - where something is in the sources.
 *
 * Called by:  compare.c and what tells of a declaration.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "diff.h"

/* A file by the one name that it has for every unit, wherever its compiler ran. */
static const char *file_name(struct build *b, const struct unit *u, const char *called)
{
	const char *path = *called == '/' ? called
					  : build_text(b, "%s/%s", u->folder, called);
	char real[PATH_MAX];

	/* Line markers have these in another spelling. */
	if (!*called || !realpath(path, real) || strpbrk(real, "\\\""))
		return build_text(b, "%s", called);
	return build_text(b, "%s", real);
}

struct note_place token_place(struct build *b, const struct unit *u,
			      const struct text *t, size_t i)
{
	const struct token *k = i < t->tokens ? &t->token[i] : NULL;

	return (struct note_place){
		file_name(b, u, k ? t->file[k->file] : ""),
		build_text(b, "%u", k ? k->line : 0)};
}

struct note_place entity_place(struct build *b, const struct unit *u,
			       const struct text *t, const struct entity *e)
{
	return token_place(b, u, t, text_token_at(t, e->name_at));
}

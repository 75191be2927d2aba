/*
 * edit.h - changes to the text of a unit, collected and then made at once.
 *
 * Included by: builder/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_EDIT_H
#define OPUS_EDIT_H

#include <stdio.h>

#include "build.h"
#include "lex.h"
#include "parse.h"

struct edit {
	uint32_t at;
	uint32_t length; /* bytes that go away */
	size_t order;
	const char *text; /* that comes instead */
};

struct edits {
	struct build *b;
	const struct text *text;
	const struct parse *parse; /* what is declared in it */
	struct edit *edit;
	size_t count;
	bool failed;
};

/* Put `text` in the place of [at, at + length). Within a longer edit that
 * starts earlier it has no effect. */
void edit_add(struct edits *e, uint32_t at, uint32_t length, const char *text);
/* Put it in the place of one token. */
void edit_token(struct edits *e, size_t token, const char *text);
/* Write the text with all changes. */
void edit_write(struct edits *e, FILE *out);
void edit_deinit(struct edits *e);

/* The first token behind the declarator whose name is at `name_at`: behind its
 * brackets, parameters and closing parentheses. */
size_t declarator_end(const struct text *t, uint32_t name_at);

/* The token behind a function's head: where its body begins or its prototype ends,
 * behind the attributes. */
size_t function_head_end(const struct text *t, const struct entity *f);

/* The same as declarator_end() of a variable: "(1)" behind a name is a first value,
 * in C++. */
size_t variable_end(const struct text *t, const struct entity *v);

/* Turn the declaration of a function into one of something elsewhere, or of
 * the new function: no `static`, no `inline`, and the assembler name `label`
 * unless NULL. A body goes away unless `keep`; then a declaration with the
 * label comes before it, unless there is one with a prototype that the function has
 * not. */
void edit_function(struct edits *e, const struct entity *f, const char *label,
		   bool keep);

/* The same for the variables that start at one place: without initialisers,
 * `extern`. `label` per variable, NULL: its own name. */
void edit_variables(struct edits *e, struct entity *const *v,
		    const char *const *label, size_t count);

/* Give the variable another name, from its declaration to `end`. */
void edit_rename(struct edits *e, const struct entity *v, uint32_t end,
		 const char *name);

/* What no patch may have: hidden visibility, aliases of what is not here,
 * assembler outside functions. */
void edit_common(struct edits *e);

/* C++: anonymous namespaces get the name that compilers mangle them with. What
 * is in them so can be referred to, under the name that the target has. */
void edit_nameless(struct edits *e);

/* Take from a function what makes it run by itself, when its object is loaded or
 * goes. */
void edit_tame(struct edits *e, const struct entity *f);

#endif

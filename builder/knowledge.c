/*
 * knowledge.c - who in a unit relies on what the compiler found out of the old
 *               code.
 *
 * Called by:  compare.c, pass_closure.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * A compiler uses in one function what it has seen in another of the same unit:
 * that it always returns the same value, writes no memory or only some
 * (gcc's -fipa-modref, -fipa-pure-const, clang's attributes), ends the program,
 * or that a static variable is never written, and is a constant then. A caller
 * may keep in a register what the old function left alone and the new one
 * writes. No debug information tells.
 *
 * So the unit is compiled twice, before and after the diff, as the project
 * does it. A function whose text is the same and whose code is not relies on
 * something that is no longer so, and has to be new, too. Registers that a
 * function is known to leave alone are no matter here: a thunk keeps those
 * (pass_keep.c).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diff.h"
#include "image.h"
#include "shape.h"

/* gcc has them, clang need not know them. */
static const char *const registers_aside[] = {"-fno-ipa-ra",
					      "-fno-ipa-stack-alignment"};

/* One state of the unit, compiled. */
struct state {
	const struct text *text, *plain;
	const struct parse *parse;
	const char *source, *object;
	struct shapes functions, values;
};

static void state_command(const struct unit *u, const struct state *s, bool aside,
			  struct command *c)
{
	static const char *const words[] = {"-w", "-g0", "-fno-lto",
					    "-ffunction-sections",
					    "-fdata-sections", "-frandom-seed=0"};

	unit_command(u, false, c);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		command_add(c, "%s", words[i]);
	for (size_t i = 0; aside && i < 2; i++)
		command_add(c, "%s", registers_aside[i]);
	command_add(c, "-x");
	command_add(c, u->cxx ? "c++-cpp-output" : "cpp-output");
	command_add(c, "-c");
	command_add(c, "%s", s->source);
	command_add(c, "-o");
	command_add(c, "%s", s->object);
	c->quiet = true;
}

static enum opus_code states_compile(struct build *b, const struct unit *u,
				     const struct state s[2], bool aside,
				     struct opus_error *err)
{
	struct command c[2];
	enum opus_code code;

	state_command(u, &s[0], aside, &c[0]);
	state_command(u, &s[1], aside, &c[1]);
	code = commands_run(c, 2, b->options->verbose, err);
	command_deinit(&c[0]);
	command_deinit(&c[1]);
	return code;
}

/* Names made of line numbers that were seen: where first. */
struct numbered {
	size_t *token;
	size_t count;
};

/* Which of the names that are token `i` of `plain` is this one? */
static size_t name_number(struct numbered *n, const struct text *t,
			  const struct text *plain, size_t i)
{
	size_t number = 0, *grown;

	for (size_t k = 0; k < n->count; k++) {
		if (!token_same(plain, n->token[k], plain, i))
			continue;
		if (token_same(t, n->token[k], t, i))
			return number;
		number++;
	}
	grown = build_grow(n->token, n->count, sizeof(*grown));
	if (grown) {
		n->token = grown;
		grown[n->count++] = i;
	}
	return number;
}

/* Is the place in the text inside a function? *next: the first entity that may
 * reach it; asked for growing places. */
static bool is_in_function(const struct parse *p, size_t *next, uint32_t at)
{
	for (; *next < p->entities && p->entity[*next].start <= at; ++*next) {
		const struct entity *e = &p->entity[*next];

		if (e->kind == ENTITY_FUNCTION && e->body_at && e->end > at)
			return e->body_at <= at;
	}
	return false;
}

/*
 * Write the plain text. What a macro made of line numbers would have one name:
 * these get a number, which tells them apart and does not move with the lines.
 * Numbers outside of functions stay: enumerators that count by lines have to
 * count on.
 */
static enum opus_code text_write(const char *path, const struct text *t,
				 const struct text *plain, const struct parse *p,
				 struct opus_error *err)
{
	FILE *out = fopen(path, "we");
	struct numbered seen = {0};
	size_t at = 0, next = 0;

	if (!out)
		return error_set_errno(err, OPUS_RESOURCE, "cannot write %s", path);
	for (size_t i = 0; t->tokens == plain->tokens && i < plain->tokens; i++) {
		const struct token *k = &plain->token[i], *real = &t->token[i];

		if (token_same(t, i, plain, i))
			continue;
		if (k->kind == TOKEN_NUMBER && !is_in_function(p, &next, real->at)) {
			fwrite(plain->bytes + at, 1, k->at - at, out);
			fwrite(t->bytes + real->at, 1, real->length, out);
			at = k->at + k->length;
			continue;
		}
		if (k->kind != TOKEN_WORD)
			continue;
		fwrite(plain->bytes + at, 1, k->at + k->length - at, out);
		fprintf(out, "$%zu", name_number(&seen, t, plain, i));
		at = k->at + k->length;
	}
	fwrite(plain->bytes + at, 1, plain->size - at, out);
	free(seen.token);
	if (fclose(out) != 0)
		return error_set_errno(err, OPUS_RESOURCE, "cannot write %s", path);
	return OPUS_OK;
}

/* Compile the unit before and after, and read what came of it. */
static enum opus_code states_read(struct build *b, const struct unit *u,
				  struct state s[2], struct opus_error *err)
{
	enum opus_code code = OPUS_OK;

	for (size_t i = 0; i < 2 && code == OPUS_OK; i++) {
		s[i].source = build_text(b, "%s/known%zu.%s", b->folder, i, u->cxx ? "ii" : "i");
		s[i].object = build_text(b, "%s/known%zu.o", b->folder, i);
		code = text_write(s[i].source, s[i].text, s[i].plain, s[i].parse, err);
	}
	if (code != OPUS_OK)
		return code;
	code = states_compile(b, u, s, true, err);
	if (code == OPUS_INVALID)
		code = states_compile(b, u, s, false, err);
	for (size_t i = 0; i < 2 && code == OPUS_OK; i++)
		code = shapes_read(s[i].object, &s[i].functions, &s[i].values, err);
	return code;
}

/* Add the functions of the same text and other code. */
static enum opus_code differing_add(struct build *b, struct unit *u,
				    enum change_why why, const char *because, const struct shapes *old,
				    const struct shapes *new,
				    struct opus_error *err)
{
	enum opus_code code = OPUS_OK;

	for (size_t i = 0; i < new->count && code == OPUS_OK; i++) {
		const struct shape *s = &new->shape[i], *o = shapes_find(old, s->name);
		const struct entity *e = parse_function(&u->parse_after, s->name);
		struct note_place place;

		if (!o || o->sum == s->sum || !e || !e->is_definition ||
		    e->is_template || change_find(b->diff, u, e->linkage) ||
		    odr_is_made(b->diff, u, e))
			continue;
		place = entity_place(b, u, &u->after, e);
		if (why == CHANGE_INLINED)
			code = holder_add(b, u, e, why, because, err);
		else if (strcmp(e->name, "main") == 0)
			build_tell(b, TOPIC_RELIED_ON, &place, e->name,
				   "see what it does with the result and the data of those that it calls",
				   "relies on what the compiler found out of the old %s, and cannot be new: it is not left while the program runs",
				   because);
		else
			code = change_add(b, u, e, why, because, err);
	}
	return code;
}

static void states_init(struct state s[2], const struct unit *u)
{
	memset(s, 0, 2 * sizeof(*s));
	s[0].text = &u->before;
	s[0].plain = &u->before_plain;
	s[0].parse = &u->parse_before;
	s[1].text = &u->after;
	s[1].plain = &u->after_plain;
	s[1].parse = &u->parse_after;
}

static void states_deinit(struct state s[2])
{
	for (size_t i = 0; i < 2; i++) {
		shapes_deinit(&s[i].functions);
		shapes_deinit(&s[i].values);
	}
}

enum opus_code knowledge_add(struct build *b, struct unit *u, enum change_why why,
			     const char *because, struct opus_error *err)
{
	struct state s[2];
	struct opus_error failed;
	enum opus_code code;

	if (u->known || u->fresh || u->same)
		return OPUS_OK;
	u->known = true;
	code = unit_cut(u, err);
	if (code != OPUS_OK)
		return code;
	states_init(s, u);
	code = states_read(b, u, s, &failed);
	if (code == OPUS_OK) {
		code = differing_add(b, u, why, because, &s[0].functions, &s[1].functions, err);
	} else if (code == OPUS_INVALID) {
		build_tell(b, TOPIC_UNCOMPARED, &(struct note_place){u->source, "1"},
			   because,
			   "see that no other function of this file relies on what it did",
			   "the file cannot be compiled by itself, so nothing can be said of what the compiler knew: %s",
			   failed.text);
		code = OPUS_OK;
	} else {
		*err = failed;
	}
	states_deinit(s);
	text_uncut(&u->before_plain);
	text_uncut(&u->after_plain);
	return code;
}

enum opus_code values_read(struct build *b, const struct unit *u, struct shapes *old,
			   struct shapes *new, struct opus_error *err)
{
	struct state s[2];
	enum opus_code code;

	states_init(s, u);
	code = states_read(b, u, s, err);
	*old = s[0].values;
	*new = s[1].values;
	shapes_deinit(&s[0].functions);
	shapes_deinit(&s[1].functions);
	return code == OPUS_INVALID ? OPUS_OK : code;
}

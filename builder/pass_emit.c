/*
 * pass_emit.c - the changes as C sources in the language of patch.h.
 *
 * Called by:  build.c.  Needs diff.change, complete; leaves source.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * Of the new preprocessed unit stay: declarations, the functions to replace,
 * new functions and data, inline functions, constant data that changed. Every
 * other function loses its body, every other variable its first value, and
 * what is static becomes a reference to the one that the target has. What the
 * compiler left no trace of in the target (functions that are inlined
 * everywhere, constants that were folded) stays as well: nothing can tell.
 */
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "compare.h"
#include "demangle.h"
#include "default_name.h"
#include "diff.h"
#include "edit.h"
#include "facts.h"
#include "fate.h"
#include "lookup.h"
#include "path.h"

struct emit {
	struct build *b;
	struct unit *u;
	size_t index; /* of the unit among the sources */
	const char *where; /* fate_where() */
	struct edits edits;
	const char *notes; /* OPUS_REF_NAME lines */
	const char **noted; /* labels that are in them */
	size_t noteds;
};

/* The static variables of a name in a function: how many there are, and which of
 * them *nth is `v`, or where number *nth is. */
static size_t namesakes(const struct parse *p, const char *owner, const char *name,
			const struct entity *v, size_t *nth,
			const struct entity **ret)
{
	size_t count = 0;

	for (const struct entity *e = parse_find(p, name, strlen(name)); e;
	     e = parse_next(p, e)) {
		if (e->kind != ENTITY_LOCAL || strcmp(e->owner, owner) != 0)
			continue;
		if (e == v)
			*nth = count;
		if (count++ == *nth)
			*ret = e;
	}
	return count;
}

/* Of several static variables of one name in a C function: which one is it, and
 * on which line of the old source, by which the target's debug information
 * tells them apart? *line is NULL if it is the only one, or cannot be told. */
static size_t namesake(struct emit *m, const struct entity *v, const char **line)
{
	const struct unit *u = m->u;
	const struct entity *old = NULL;
	size_t nth = 0, count;

	*line = NULL;
	count = namesakes(&u->parse_after, v->owner, v->name, v, &nth, &old);
	if (count < 2 || u->cxx)
		return 0;
	if (!u->same &&
	    namesakes(&u->parse_before, v->owner, v->name, NULL, &nth, &old) != count)
		return nth;
	*line = entity_place(m->b, u, u->same ? &u->after : &u->before, old).line;
	return nth;
}

/* Does the unit bring what it has made global along, since the target has it as no
 * function or variable of its own? */
static bool brings(struct build *b, struct unit *u, const struct entity *e)
{
	const struct entity *f = parse_function(&u->parse_after, e->linkage);

	return e->kind == ENTITY_FUNCTION ? f && fate_function(b, u, f) == FATE_KEEP
					  : unit_is_in(b->diff, u) && !fate_has(b, u, e);
}

/* Where the target has what is declared: in this unit, or in one that has made
 * global what was static. NULL: it is global there, too, or in the patch. */
static const char *where_of(struct emit *m, const struct entity *e)
{
	const struct diff *d = m->b->diff;

	if (e->kind == ENTITY_LOCAL || e->is_static)
		return m->where;
	for (size_t i = 0; i < d->units && !m->u->cxx; i++)
		if (d->unit[i]->target == m->u->target && unit_exposes(d->unit[i], e))
			return brings(m->b, d->unit[i], e) ? NULL
							   : fate_where(m->b, d->unit[i]);
	return NULL;
}

/* "opus.ref.LABEL", and the note that says what it is. */
static const char *reference(struct emit *m, const struct entity *e)
{
	const char *where = where_of(m, e);
	const char *name = fate_name(e), *line = NULL;
	const char *label = build_text(m->b, "u%zu.%s", m->index, name);
	const char *inside = LOOKUP_OUTSIDE;
	const struct entity *old;
	const struct unit *from = moved_from(m->b, m->u, e, &old);
	const char **grown;

	if (e->kind == ENTITY_LOCAL) {
		size_t nth = namesake(m, e, &line);

		label = build_text(m->b, nth ? "u%zu.%s.%s.%zu" : "u%zu.%s.%s",
				   m->index, e->owner, name, nth);
		inside = line ? build_text(m->b, "%s:%s", e->owner, line) : e->owner;
	}
	if (from) {
		where = fate_where(m->b, from);
		inside = old->kind == ENTITY_LOCAL ? old->owner : LOOKUP_OUTSIDE;
	}
	for (size_t i = 0; i < m->noteds; i++)
		if (strcmp(m->noted[i], label) == 0)
			return build_text(m->b, PLAN_REF_PREFIX "%s", label);
	grown = build_grow(m->noted, m->noteds, sizeof(*grown));
	if (grown) {
		m->noted = grown;
		grown[m->noteds++] = label;
	}
	m->notes = build_text(m->b, "%sOPUS_REF_NAME(%s, \"%s\", \"%s\", \"%s\");\n",
			      m->notes, label, name, where ? where : m->where, inside);
	return build_text(m->b, PLAN_REF_PREFIX "%s", label);
}

static void note_add(struct emit *m, const struct entity *f, const struct change *c,
		     const char *symbol, const char *label, const char *unit,
		     const struct note_place *end)
{
	/* No assembly can stand between the members of a class. */
	edit_add(&m->edits, f->in_class ? (uint32_t)m->u->after.size : f->end, 0,
		 build_text(m->b,
			    "\n# %s \"%s\"\nOPUS_REPLACE_NAME(\"%s\", \"%s\", \"%s:%s\");\n# %s \"%s\"\n",
			    c->place.line, c->place.file, symbol, label,
			    m->b->target[c->target]->name, unit, end->line, end->file));
}

static void replace_note(struct emit *m, const struct entity *f,
			 struct change *c, const char *label)
{
	struct note_place end = {c->place.file, c->place.line};
	size_t last = text_token_at(&m->u->after, f->end);
	const struct token *t = last < m->u->after.tokens
					? &m->u->after.token[last]
					: NULL;
	/* Which unit's copy of an inline function the linker took, who knows. */
	const char *unit = m->u->cxx && (f->is_inline || f->in_class) && !f->is_static
				   ? ""
				   : c->found_unit;

	if (t) {
		end.file = m->u->after.file[t->file];
		end.line = build_text(m->b, "%u", t->line);
	}
	note_add(m, f, c, c->symbol, label, unit, &end);
	for (size_t i = 0; i < c->variants; i++)
		note_add(m, f, c, c->variant[i],
			 linkage_is_structor(c->variant[i]) ? c->variant[i] : label, unit, &end);
}

/* What the assembler calls a function of the unit in the patch. */
static const char *label_of(struct emit *m, const struct entity *f)
{
	switch (fate_function(m->b, m->u, f)) {
	case FATE_REPLACE:
		if (fate_is_labelled(m->u, f))
			return build_text(m->b, "%s.opus%zu", f->name, m->index);
		break;
	case FATE_REFER:
		return reference(m, f);
	default:
		break;
	}
	return f->label ? f->label : f->linkage;
}

static void function_emit(struct emit *m, const struct entity *f)
{
	const struct entity *other = f->body_at ? NULL : alias_of(m->u, f);
	struct change *c;
	const char *label = NULL;

	if (!m->u->cxx && f->body_at && parse_function(&m->u->parse_after, f->linkage) != f)
		return; /* gnu_inline: of this file alone, beside the function itself */
	if (other && !fate_has(m->b, m->u, f)) {
		/* Nobody used the name. */
		edit_function(&m->edits, f, label_of(m, other), false);
		return;
	}
	if (!f->body_at && !parse_function(&m->u->parse_after, f->linkage) &&
	    !f->is_static && where_of(m, f)) {
		edit_function(&m->edits, f, reference(m, f), false);
		return;
	}
	switch (fate_function(m->b, m->u, f)) {
	case FATE_REPLACE:
		c = change_find(m->b->diff, m->u, f->linkage);
		if (fate_is_labelled(m->u, f))
			label = build_text(m->b, "%s.opus%zu", f->name, m->index);
		if (f->in_class) {
			if (f->body_at)
				edit_add(&m->edits, f->start, 0,
					 "__attribute__((used)) ");
		} else {
			/* Inline functions share their statics by name. */
			if (f->body_at && fate_is_guarded(m->b, m->u, f))
				edit_add(&m->edits, f->start, 0,
					 "inline __attribute__((used)) ");
			edit_function(&m->edits, f, label, true);
		}
		/* All that the compiler makes of a constructor it makes here, too. */
		if (!label)
			label = linkage_is_structor(f->linkage) ? c->symbol
				: f->label ? f->label
					   : f->linkage;
		if (f->body_at)
			replace_note(m, f, c, label);
		break;
	case FATE_REFER:
		edit_function(&m->edits, f, reference(m, f), false);
		break;
	case FATE_EXTERN:
		if (f->body_at)
			edit_function(&m->edits, f, NULL, false);
		break;
	case FATE_GONE:
		if (f->body_at)
			edit_add(&m->edits, f->start, f->end - f->start, "");
		break;
	case FATE_KEEP:
		edit_tame(&m->edits, f); /* added.c tells of it */
		/* Unless it is needed, it need not be there. */
		if (f->is_nameless && !f->is_member && !f->is_template &&
		    !f->in_class && !f->is_static_word)
			edit_add(&m->edits, f->start, 0, "static ");
		break;
	}
}

/* Tokens [from, to) as text, for people to read. `word` NULL, or the token
 * `swap` is written as that. */
static const char *tokens_text(struct emit *m, size_t from, size_t to, size_t swap,
			       const char *word)
{
	const struct text *t = &m->u->after;
	const char *text = "";

	for (size_t i = from; i < to; i++)
		text = build_text(m->b, "%s%s%.*s", text, token_touches(t, i) ? "" : " ",
				  i == swap ? (int)strlen(word) : (int)t->token[i].length,
				  i == swap ? word : t->bytes + t->token[i].at);
	return text;
}

/* The type of a declaration without storage class. A type that is defined there
 * is defined by the first use, under a tag, and named by the others. */
static const char *type_text(struct emit *m, size_t from, size_t to, bool first)
{
	const struct text *t = &m->u->after;
	const char *text = "";

	for (size_t i = from; i < to; i++) {
		if (token_is(t, i, "static") || token_is(t, i, "extern"))
			continue;
		if (token_is(t, i, "{")) {
			size_t close = token_closing(t, i);

			if (i > from && (token_is(t, i - 1, "struct") ||
					 token_is(t, i - 1, "union") ||
					 token_is(t, i - 1, "enum")))
				text = build_text(m->b, "%s opus_tag_%u ", text,
						  t->token[i].at);
			if (first)
				text = build_text(m->b, "%s%s", text,
						  tokens_text(m, i, close + 1, to, ""));
			i = close;
			continue;
		}
		text = build_text(m->b, "%s%s%.*s", text, token_touches(t, i) ? "" : " ",
				  (int)t->token[i].length,
				  t->bytes + t->token[i].at);
	}
	return build_text(m->b, "%s ", text);
}

static const char *local_name(struct emit *m, const struct entity *v)
{
	const char *line;
	size_t nth = namesake(m, v, &line);

	return build_text(m->b, nth ? "opus_u%zu_%s_%s_%zu" : "opus_u%zu_%s_%s",
			  m->index, v->owner, v->name, nth);
}

/* The variables of one declaration go separate ways: each gets its own. */
static void variables_split(struct emit *m, struct entity *const *v,
			    const enum fate *fate, const char *const *label,
			    size_t count)
{
	const struct text *t = &m->u->after;
	size_t start = text_token_at(t, v[0]->start);
	size_t type = text_token_at(t, v[0]->name_at);
	const char *text = "";
	bool is_static = false;

	/* The declarator starts behind the type: "char *", "(*f)" */
	while (type > start && (token_is(t, type - 1, "*") || token_is(t, type - 1, "(")))
		type--;
	for (size_t i = start; i < type; i++)
		is_static |= token_is(t, i, "static");
	for (size_t k = 0; k < count; k++) {
		size_t from = k ? text_token_at(t, v[k - 1]->end) + 1 : type;
		size_t name = text_token_at(t, v[k]->name_at);
		size_t end = variable_end(t, v[k]);
		bool keep = fate[k] == FATE_KEEP;
		const char *called = !keep && v[k]->kind == ENTITY_LOCAL
					     ? local_name(m, v[k])
					     : v[k]->name;

		if (!keep && v[k]->length >= 0 && token_is(t, name + 1, "[") &&
		    token_is(t, name + 2, "]"))
			called = build_text(m->b, "%s[%lld]%s", called,
					    (long long)v[k]->length, "");
		text = build_text(m->b, "%s%s%s", text,
				  !keep || (v[k]->is_extern && !v[k]->is_definition)
					  ? "extern "
				  : is_static ? "static "
					      : "",
				  type_text(m, start, type, k == 0));
		if (called != v[k]->name && strchr(called, '['))
			text = build_text(m->b, "%s%s%s%s", text,
					  tokens_text(m, from, name, end, ""), called,
					  tokens_text(m, name + 3, end, end, ""));
		else
			text = build_text(m->b, "%s%s", text,
					  tokens_text(m, from,
						      keep ? text_token_at(t, v[k]->end) : end,
						      name, called));
		text = label[k] ? build_text(m->b, "%s __asm__(\"%s\"); ", text, label[k])
				: build_text(m->b, "%s; ", text);
	}
	edit_add(&m->edits, v[0]->start, v[count - 1]->end - v[0]->start, text);
}

#define GROUP_MAX 64

/* All variables that one declaration declares. */
static void variables_emit(struct emit *m, struct entity *const *v, size_t count)
{
	enum fate fate[GROUP_MAX];
	const char *label[GROUP_MAX];
	size_t kept = 0;

	for (size_t k = 0; k < count; k++) {
		fate[k] = fate_variable(m->b, m->u, v[k]);
		if (fate[k] == FATE_KEEP && v[k]->kind == ENTITY_VARIABLE &&
		    !v[k]->is_static && !v[k]->is_definition && where_of(m, v[k]))
			fate[k] = FATE_REFER;
		label[k] = fate[k] == FATE_REFER ? reference(m, v[k]) : NULL;
		kept += fate[k] == FATE_KEEP;
		if (fate[k] == FATE_GONE) {
			edit_add(&m->edits, v[k]->start, v[k]->end - v[k]->start, "");
			return;
		}
		if (v[k]->kind == ENTITY_LOCAL && fate[k] == FATE_REFER)
			edit_rename(&m->edits, v[k], v[k]->block_end,
				    local_name(m, v[k]));
	}
	if (kept == 0)
		edit_variables(&m->edits, v, label, count);
	else if (kept < count)
		variables_split(m, v, fate, label, count);
}

static void entities_emit(struct emit *m)
{
	struct parse *p = &m->u->parse_after;

	for (size_t i = 0; i < p->entities; i++) {
		struct entity *e = &p->entity[i], *group[GROUP_MAX];
		size_t count = 0;

		if (e->kind == ENTITY_FUNCTION)
			function_emit(m, e);
		if (e->kind != ENTITY_VARIABLE && e->kind != ENTITY_LOCAL)
			continue;
		for (size_t k = i; k < p->entities && count < GROUP_MAX; k++)
			if (p->entity[k].start == e->start && p->entity[k].kind == e->kind)
				group[count++] = &p->entity[k];
			else if (p->entity[k].start > e->end && count)
				break;
		/* Only from the first of them. */
		for (size_t k = i; k-- > 0 && p->entity[k].end >= e->start;)
			if (p->entity[k].start == e->start && p->entity[k].kind == e->kind)
				count = 0;
		if (count)
			variables_emit(m, group, count);
	}
}

static const char *patch_name(struct build *b)
{
	char name[NAME_DEFAULT];

	name_default(b->options, name);
	return build_text(b, "%s%s", name, b->suffix ? b->suffix : "");
}

/* What stands above the text. */
static void head_write(struct emit *m, FILE *out, bool first)
{
	const struct build_options *o = m->b->options;
	const char *base = path_base(o->diff);
	const struct diff *d = m->b->diff;
	const char *title = build_text(m->b, "%s", base);

	fprintf(out, "/*\n * %s with %s: made by opus-build " OPUS_RELEASE ".\n *\n",
		m->u->relative, base);
	for (size_t i = 0; i < d->changes; i++)
		if (d->change[i].unit == m->u)
			fprintf(out, " * %s %s (line %s)\n",
				d->change[i].present && !d->change[i].fresh
					? "replaces"
					: "brings along",
				d->change[i].name, d->change[i].place.line);
	fprintf(out, " */\n#include <opus-livepatch/patch.h>\n");
	for (char *p = (char *)title; *p; p++)
		if (*p == '"' || *p == '\\')
			*p = '-';
	if (first) {
		fprintf(out, "OPUS_PATCH(\"%s\", \"from %s\");\n", patch_name(m->b), title);
		for (size_t i = 0; i < o->labels; i++)
			fprintf(out, "OPUS_LABEL(\"%s\");\n", o->label[i]);
	}
	fputs(m->notes, out);
}

static enum opus_code source_add(struct build *b, struct unit *u,
				 const char *path, struct opus_error *err)
{
	struct build_source *grown = build_grow(b->source, b->sources, sizeof(*grown));
	struct command *call = calloc(1, sizeof(*call));

	if (!grown || !call) {
		free(call);
		return error_set(err, OPUS_RESOURCE, "out of memory");
	}
	unit_command(u, false, call);
	u->compile = call;
	b->source = grown;
	grown[b->sources++] = (struct build_source){path, call};
	return OPUS_OK;
}

static enum opus_code unit_emit(struct build *b, struct unit *u,
				struct opus_error *err)
{
	struct emit m = {.b = b, .u = u, .index = b->sources, .notes = "",
			 .edits = {.b = b, .text = &u->after, .parse = &u->parse_after},
			 .where = fate_where(b, u)};
	const char *base = strrchr(u->source, '/') + 1;
	const char *dot = strrchr(base, '.');
	const char *path = build_text(b, "%s/%zu-%.*s.%s", b->folder, b->sources,
				      dot ? (int)(dot - base) : (int)strlen(base),
				      base, u->cxx ? "cc" : "c");
	FILE *out = fopen(path, "we");
	enum opus_code code;

	if (!out)
		return error_set_errno(err, OPUS_RESOURCE, "cannot write %s", path);
	edit_common(&m.edits);
	if (u->cxx)
		edit_nameless(&m.edits);
	entities_emit(&m);
	head_write(&m, out, b->sources == 0);
	edit_write(&m.edits, out);
	edit_deinit(&m.edits);
	free(m.noted);
	if (fclose(out) != 0 || m.edits.failed)
		return error_set_errno(err, OPUS_RESOURCE, "cannot write %s", path);
	code = source_add(b, u, path, err);
	return code;
}

/* Ask the debug information about everything that a reference may name. */
static enum opus_code facts_ask(struct build *b, struct opus_error *err)
{
	struct diff *d = b->diff;
	const char **names = NULL;
	size_t count = 0;
	enum opus_code code = OPUS_OK;

	for (size_t i = 0; i < d->units; i++) {
		struct parse *p = &d->unit[i]->parse_after;

		if (!unit_is_in(d, d->unit[i]))
			continue;
		for (size_t k = 0; k < p->entities; k++) {
			const struct entity *e = &p->entity[k];
			const char **grown;

			if (!e->is_definition || e->kind > ENTITY_LOCAL ||
			    (e->kind == ENTITY_FUNCTION && !e->is_static &&
			     !unit_exposes(d->unit[i], e)))
				continue;
			grown = build_grow(names, count, sizeof(*grown));
			if (!grown) {
				free(names);
				return error_set(err, OPUS_RESOURCE, "out of memory");
			}
			names = grown;
			names[count++] = e->name;
		}
	}
	for (size_t i = 0; i < b->targets && code == OPUS_OK; i++)
		code = facts_collect(b->target[i], names, count, &b->facts[i], err);
	free(names);
	return code;
}

enum opus_code pass_emit(struct build *b, struct opus_error *err)
{
	struct diff *d = b->diff;
	enum opus_code code = facts_ask(b, err);

	for (size_t i = 0; i < d->units && code == OPUS_OK; i++)
		if (unit_is_in(d, d->unit[i]))
			code = unit_emit(b, d->unit[i], err);
	for (size_t i = 0; i < b->targets; i++) {
		facts_destroy(b->facts[i]);
		b->facts[i] = NULL;
	}
	for (size_t i = 0; i < d->units && code == OPUS_OK && b->sources; i++)
		if (unit_is_in(d, d->unit[i])) {
			code = hooks_add(b, d->unit[i], err);
			break;
		}
	if (code == OPUS_OK && b->options->emit)
		code = emit_keep(b, err);
	return code;
}

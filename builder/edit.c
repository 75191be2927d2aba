/*
 * edit.c - changes to the text of a unit, collected and then made at once.
 *
 * Called by:  pass_emit.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include "edit.h"

#include <stdlib.h>
#include <string.h>

void edit_add(struct edits *e, uint32_t at, uint32_t length, const char *text)
{
	struct edit *grown = build_grow(e->edit, e->count, sizeof(*grown));

	if (!grown) {
		e->failed = true;
		return;
	}
	e->edit = grown;
	grown[e->count] = (struct edit){at, length, e->count, text};
	e->count++;
}

void edit_token(struct edits *e, size_t token, const char *text)
{
	edit_add(e, e->text->token[token].at, e->text->token[token].length, text);
}

static int edit_compare(const void *a, const void *b)
{
	const struct edit *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	/* What is put in comes before what takes away. */
	if (!x->length != !y->length)
		return x->length ? 1 : -1;
	return x->order < y->order ? -1 : x->order > y->order;
}

void edit_write(struct edits *e, FILE *out)
{
	uint32_t at = 0;

	if (e->count)
		qsort(e->edit, e->count, sizeof(*e->edit), edit_compare);
	for (size_t i = 0; i < e->count; i++) {
		const struct edit *d = &e->edit[i];

		if (d->at < at)
			continue;
		fwrite(e->text->bytes + at, 1, d->at - at, out);
		fputs(d->text, out);
		at = d->at + d->length;
	}
	fwrite(e->text->bytes + at, 1, e->text->size - at, out);
}

void edit_deinit(struct edits *e)
{
	free(e->edit);
	e->edit = NULL;
	e->count = 0;
}

static bool is_any(const struct text *t, size_t i, const char *const *words)
{
	for (; *words; words++)
		if (token_is(t, i, *words))
			return true;
	return false;
}

static const char *const storage[] = {"static", "inline", "__inline",
				      "__inline__", NULL};
/* Attributes that fit a function with its body here and not its shadow, or
 * that make code run by itself. */
static const char *const attributes[] = {
	"always_inline", "__always_inline__", "gnu_inline", "__gnu_inline__",
	"artificial", "__artificial__", "constructor", "__constructor__",
	"destructor", "__destructor__", "alias", "__alias__", "ifunc",
	"__ifunc__", "used", "__used__", "symver", "__symver__", "target_clones",
	"__target_clones__", NULL};
static const char *const brackets_follow[] = {
	"__attribute__", "__attribute", "asm", "__asm__", "__asm", NULL};

size_t declarator_end(const struct text *t, uint32_t name_at)
{
	size_t i = text_token_at(t, name_at) + 1;

	/* operator==(...), operator()(...), operator new[](...) */
	if (token_is(t, i - 1, "operator")) {
		i += token_is(t, i, "(") ? 2 : 0;
		while (i < t->tokens && !token_is(t, i, "("))
			i++;
	}
	for (;;) {
		if (token_is(t, i, "(") || token_is(t, i, "["))
			i = token_closing(t, i) + 1;
		else if (token_is(t, i, ")"))
			i++;
		else
			return i < t->tokens ? i : t->tokens;
	}
}

size_t function_head_end(const struct text *t, const struct entity *f)
{
	size_t end = text_token_at(t, f->body_at ? f->body_at : f->end);

	while (!f->body_at && end < t->tokens && !token_is(t, end, ";"))
		end++;
	return end;
}

size_t variable_end(const struct text *t, const struct entity *v)
{
	size_t name = text_token_at(t, v->name_at);

	return token_is(t, name + 1, "(") ? name + 1 : declarator_end(t, v->name_at);
}

/* Where a token starts; the end of the text behind the last one. */
static uint32_t offset_of(const struct text *t, size_t i)
{
	return i < t->tokens ? t->token[i].at : (uint32_t)t->size;
}

static uint32_t offset_behind(const struct text *t, size_t i)
{
	return t->token[i].at + t->token[i].length;
}

static const char *const running[] = {"constructor", "__constructor__", "destructor",
				      "__destructor__", NULL};

/* Attributes of these names within [first, last). A function may be called like
 * one. */
static void edit_attributes(struct edits *e, size_t first, size_t last,
			    const char *const *names)
{
	const struct text *t = e->text;
	size_t inside = first; /* an attribute, up to here */

	for (size_t i = first; i < last; i++) {
		if (token_is_attribute(t, i))
			inside = token_closing(t, i + 1);
		if (i >= inside || !is_any(t, i, names))
			continue;
		if (token_is(t, i + 1, "(")) {
			size_t close = token_closing(t, i + 1);

			edit_add(e, t->token[i].at,
				 offset_behind(t, close) - t->token[i].at, "unused");
			i = close;
		} else {
			edit_token(e, i, "unused");
		}
	}
}

void edit_tame(struct edits *e, const struct entity *f)
{
	const struct text *t = e->text;

	edit_attributes(e, text_token_at(t, f->start), function_head_end(t, f), running);
}

static bool is_visibility(const struct text *t, size_t i)
{
	return (token_is(t, i, "visibility") || token_is(t, i, "__visibility__")) &&
	       token_is(t, i + 1, "(") && i + 2 < t->tokens &&
	       t->token[i + 2].kind == TOKEN_LITERAL;
}

/* "int f(struct x *p) __asm__("label");" of a definition. */
static const char *prototype(struct edits *e, const struct entity *f, size_t end,
			     bool old_style, const char *label)
{
	const struct text *t = e->text;
	const char *ret = "";
	size_t name = text_token_at(t, f->name_at), inside = 0;

	for (size_t i = text_token_at(t, f->start); i < end; i++) {
		if (i < name && (is_any(t, i, storage) || token_is(t, i, "extern")))
			continue;
		if (token_is_attribute(t, i))
			inside = token_closing(t, i + 1);
		if (i < inside && is_any(t, i, attributes)) {
			ret = build_text(e->b, "%s unused", ret);
			if (token_is(t, i + 1, "("))
				i = token_closing(t, i + 1);
			continue;
		}
		/* "..." and "::" stay together. */
		ret = build_text(e->b, "%s%s%.*s", ret,
				 *ret && !token_touches(t, i) ? " " : "",
				 (int)t->token[i].length,
				 t->bytes + t->token[i].at);
		if (is_visibility(t, i)) {
			ret = build_text(e->b, "%s(\"default\"", ret);
			i += 2;
		}
		if (i == name && old_style && token_is(t, i + 1, "(")) {
			i = token_closing(t, i + 1);
			ret = build_text(e->b, "%s ()", ret);
		}
	}
	return build_text(e->b, "%s __asm__(\"%s\");\n", ret, label);
}

/* Is there a declaration before the definition? With a prototype, "int f();" behind it
 * may contradict it. */
static bool is_declared(const struct edits *e, const struct entity *f)
{
	for (const struct entity *o = parse_find(e->parse, f->name, strlen(f->name)); o;
	     o = parse_next(e->parse, o))
		if (o->kind == ENTITY_FUNCTION && o->start < f->start &&
		    strcmp(o->linkage, f->linkage) == 0)
			return true;
	return false;
}

void edit_function(struct edits *e, const struct entity *f, const char *label,
		   bool keep)
{
	const struct text *t = e->text;
	size_t first = text_token_at(t, f->start);
	size_t name = text_token_at(t, f->name_at);
	size_t end = declarator_end(t, f->name_at);
	const char *assembler = label ? build_text(e->b, " __asm__(\"%s\") ", label)
				      : "";
	/* int f(a, b) int a; char *b; { ... } */
	bool old_style = f->body_at && !token_is(t, end, "{") &&
			 !is_any(t, end, brackets_follow);
	bool declared = old_style && is_declared(e, f);

	if (declared && !keep) {
		edit_add(e, f->start, f->end - f->start, "");
		return;
	}
	for (size_t i = first; i < name; i++)
		if (is_any(t, i, storage))
			edit_token(e, i, "");
	edit_attributes(e, first, end, attributes);
	if (!f->body_at) {
		size_t i = end;

		while (i < t->tokens && !token_is(t, i, ";") && !token_is(t, i, ","))
			i = is_any(t, i, brackets_follow) ? token_closing(t, i + 1) + 1
							  : i + 1;
		edit_attributes(e, end, i, attributes);
		if (label)
			edit_add(e, offset_of(t, end), 0, assembler);
	} else if (keep) {
		if (label && !declared)
			edit_add(e, f->start, 0,
				 prototype(e, f, end, old_style, label));
	} else {
		if (old_style && token_is(t, name + 1, "(")) {
			uint32_t open = offset_behind(t, name + 1);

			edit_add(e, open,
				 offset_of(t, token_closing(t, name + 1)) - open, "");
		}
		edit_add(e, offset_of(t, end), f->end - offset_of(t, end),
			 build_text(e->b, "%s;", assembler));
	}
}

/* "[]" of an array whose length its initialiser gave. */
static void edit_length(struct edits *e, const struct entity *v)
{
	size_t i = text_token_at(e->text, v->name_at) + 1;

	if (v->length >= 0 && token_is(e->text, i, "[") &&
	    token_is(e->text, i + 1, "]"))
		edit_add(e, offset_behind(e->text, i), 0,
			 build_text(e->b, "%lld", (long long)v->length));
}

void edit_variables(struct edits *e, struct entity *const *v,
		    const char *const *label, size_t count)
{
	const struct text *t = e->text;
	size_t first = text_token_at(t, v[0]->start);
	size_t name = text_token_at(t, v[0]->name_at);
	bool said = false;

	for (size_t i = first; i < name; i++) {
		/* Not within the braces of a type that is defined here. One
		 * without a name could not be that of something elsewhere. */
		if (token_is(t, i, "{")) {
			if (i > first && is_any(t, i - 1, (const char *const[]){
							  "struct", "union", "enum", "class", NULL}))
				edit_add(e, t->token[i].at, 0,
					 build_text(e->b, " opus_tag_%u ", t->token[i].at));
			i = token_closing(t, i);
		} else if (token_is(t, i, "static") || token_is(t, i, "inline")) {
			/* An inline variable has to have a first value. */
			edit_token(e, i, said ? "" : "extern");
		} else if (!token_is(t, i, "extern")) {
			continue;
		}
		said |= !token_is(t, i, "}");
	}
	if (!said)
		edit_add(e, v[0]->start, 0, "extern ");
	edit_attributes(e, first, name, attributes);
	for (size_t k = 0; k < count; k++) {
		size_t end = variable_end(t, v[k]), i = end;

		edit_length(e, v[k]);
		if (label[k] && !is_any(t, end, (const char *const[]){"asm", "__asm__", "__asm", NULL}))
			edit_add(e, offset_of(t, end), 0,
				 build_text(e->b, " __asm__(\"%s\") ", label[k]));
		while (i < t->tokens && is_any(t, i, brackets_follow))
			i = token_closing(t, i + 1) + 1;
		edit_attributes(e, end, i, attributes);
		/* = ..., or {...} and (...) in C++ */
		if (offset_of(t, i) < v[k]->end)
			edit_add(e, offset_of(t, i), v[k]->end - offset_of(t, i), "");
	}
}

void edit_rename(struct edits *e, const struct entity *v, uint32_t end,
		 const char *name)
{
	const struct text *t = e->text;
	size_t last = text_token_at(t, end);

	for (size_t i = text_token_at(t, v->name_at); i < last; i++)
		if (t->token[i].kind == TOKEN_WORD && token_is(t, i, v->name) &&
		    !token_is(t, i - 1, ".") &&
		    !(token_is(t, i - 1, ">") && token_is(t, i - 2, "-")) &&
		    !is_any(t, i - 1, (const char *const[]){"struct", "union", "enum", "goto", NULL}))
			edit_token(e, i, name);
}

/* Lines that are directives. */
static void edit_directives(struct edits *e)
{
	const char *p = e->text->bytes;

	for (; p && *p; p = strchr(p, '\n'), p = p ? p + 1 : NULL) {
		const char *q = p + strspn(p, " \t");

		if (*q != '#')
			continue;
		q += 1 + strspn(q + 1, " \t");
		if (strncmp(q, "pragma", 6) != 0)
			continue;
		q += 6 + strspn(q + 6, " \t");
		if (strncmp(q, "GCC visibility", 14) == 0 ||
		    strncmp(q, "weak", 4) == 0 || strncmp(q, "GCC poison", 10) == 0)
			edit_add(e, (uint32_t)(p - e->text->bytes),
				 (uint32_t)strcspn(p, "\n"), "");
	}
}

/* A name that the source defines is somewhere: were the reference weak, it would be to
 * address 0 where it is not found. `i` is within the declaration. */
static void edit_weak(struct edits *e, size_t i)
{
	static const char *const words[] = {"weak", "__weak__", NULL};
	static const char *const ends[] = {";", "{", "}", NULL};
	const struct text *t = e->text;
	size_t first = i, last = i;

	while (first > 0 && !is_any(t, first - 1, ends))
		first--;
	while (last < t->tokens && !is_any(t, last, ends))
		last++;
	edit_attributes(e, first, last, words);
}

/* alias("x") and ifunc("x") of what is the target's, within [first, last), and
 * target_clones(...): one new function stands for all old ones. */
static void edit_aliases(struct edits *e, size_t first, size_t last)
{
	static const char *const words[] = {"alias", "__alias__", "ifunc",
					    "__ifunc__", "target_clones",
					    "__target_clones__", NULL};
	const struct text *t = e->text;

	for (size_t i = first; i < last; i++)
		if (is_any(t, i, words) && token_is(t, i + 1, "(")) {
			size_t close = token_closing(t, i + 1);

			if (close >= t->tokens)
				return;
			edit_add(e, t->token[i].at,
				 offset_behind(t, close) - t->token[i].at, "unused");
			if (!token_is(t, i, words[4]) && !token_is(t, i, words[5]))
				edit_weak(e, i);
			i = close;
		}
}

void edit_common(struct edits *e)
{
	const struct text *t = e->text;
	bool start = true; /* of a declaration outside all braces */

	edit_directives(e);
	for (size_t i = 0; i < t->tokens; i++) {
		if (is_visibility(t, i))
			edit_token(e, i + 2, "\"default\"");
		else if ((token_is(t, i, "tls_model") || token_is(t, i, "__tls_model__")) &&
			 token_is(t, i + 1, "("))
			edit_token(e, i + 2, "\"global-dynamic\"");
		else if (token_is_attribute(t, i))
			edit_aliases(e, i + 1, token_closing(t, i + 1));
	}
	for (size_t i = 0; i < t->tokens; i++) {
		if (start && is_any(t, i, (const char *const[]){"asm", "__asm__", "__asm", NULL})) {
			size_t k = i + 1;

			while (k < t->tokens && !token_is(t, k, "("))
				k++;
			k = token_closing(t, k);
			if (k >= t->tokens)
				break;
			edit_add(e, t->token[i].at,
				 offset_behind(t, k) - t->token[i].at, "");
			i = k;
		} else if (token_is(t, i, "{") || token_is(t, i, "(")) {
			bool brace = token_is(t, i, "{");

			i = token_closing(t, i);
			start = brace;
			continue;
		}
		start = token_is(t, i, ";") || (start && token_is(t, i, "__extension__"));
	}
}

void edit_nameless(struct edits *e)
{
	const struct text *t = e->text;

	for (size_t i = 0; i + 1 < t->tokens; i++)
		if (token_is(t, i, "namespace") && token_is(t, i + 1, "{") &&
		    !token_is(t, i - 1, "="))
			edit_token(e, i, token_is(t, i - 1, "inline")
						 ? "namespace _GLOBAL__N_1"
						 : "inline namespace _GLOBAL__N_1");
}

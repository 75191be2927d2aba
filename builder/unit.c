/*
 * unit.c - one source file: its command line, its texts before and after.
 *
 * Called by:  pass_unit.c, compare.c, pass_emit.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * Each state is preprocessed twice. The plain text differs from the other in
 * nothing but __LINE__, __COUNTER__ and the time, which are constants there: so
 * token n of one is token n of the other, and comparing plain tokens is blind
 * to lines that moved (asserts) and to nothing else.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "diff.h"
#include "image.h"

/* Bounds the room on the disk that preprocessed files take. */
#define UNITS_AT_ONCE 16

/* What a word of a command line means for us. */
enum word_use {
	WORD_KEEP,
	WORD_PREPROCESS, /* only the preprocessor wants it */
	WORD_DROP,
};

struct word_rule {
	const char *word;
	bool prefix;	/* "-I" and "-Ifoo" */
	bool next;	/* the next word belongs to it, if nothing is attached */
	enum word_use use;
};

static const struct word_rule rules[] = {
	{"-o", true, true, WORD_DROP},
	{"-c", false, false, WORD_DROP},
	{"-S", false, false, WORD_DROP},
	{"-E", false, false, WORD_DROP},
	{"-MF", true, true, WORD_DROP},
	{"-MT", true, true, WORD_DROP},
	{"-MQ", true, true, WORD_DROP},
	{"-M", true, false, WORD_DROP},
	{"-Wp,-M", true, false, WORD_DROP},
	{"-Wl,", true, false, WORD_DROP},
	{"-Wa,-a", true, false, WORD_DROP},
	{"-pipe", false, false, WORD_DROP},
	{"-save-temps", true, false, WORD_DROP},
	{"--save-temps", true, false, WORD_DROP},
	{"-fdump-", true, false, WORD_DROP},
	{"-dump", true, true, WORD_DROP},
	{"-aux-info", false, true, WORD_DROP},
	{"-Werror", true, false, WORD_DROP},
	{"-flto", true, false, WORD_DROP},
	{"-fwhole-program", false, false, WORD_DROP},
	{"-fno-toplevel-reorder", false, false, WORD_DROP},
	{"-fno-unit-at-a-time", false, false, WORD_DROP},
	{"-fprofile-arcs", false, false, WORD_DROP},
	{"-ftest-coverage", false, false, WORD_DROP},
	{"--coverage", false, false, WORD_DROP},
	{"-coverage", false, false, WORD_DROP},
	{"-fprofile-generate", true, false, WORD_DROP},
	{"-gsplit-dwarf", false, false, WORD_DROP},
	{"-g0", false, false, WORD_DROP},
	{"-g1", false, false, WORD_DROP}, /* signatures are looked at */
	{"-shared", false, false, WORD_DROP},
	{"-static", true, false, WORD_DROP},
	{"-rdynamic", false, false, WORD_DROP},
	{"-pie", false, false, WORD_DROP},
	{"-no-pie", false, false, WORD_DROP},
	{"-l", true, true, WORD_DROP},
	{"-L", true, true, WORD_DROP},
	{"-T", true, true, WORD_DROP},
	{"-u", true, true, WORD_DROP},
	{"-z", true, true, WORD_DROP},
	{"-Xlinker", false, true, WORD_DROP},
	{"-fuse-ld=", true, false, WORD_DROP},
	{"-x", true, true, WORD_DROP},
	{"-include-pch", false, true, WORD_PREPROCESS},
	{"-include", true, true, WORD_PREPROCESS},
	{"-imacros", true, true, WORD_PREPROCESS},
	{"-isystem", true, true, WORD_PREPROCESS},
	{"-idirafter", true, true, WORD_PREPROCESS},
	{"-iquote", true, true, WORD_PREPROCESS},
	{"-iprefix", true, true, WORD_PREPROCESS},
	{"-iwithprefix", true, true, WORD_PREPROCESS},
	{"-isysroot", true, true, WORD_PREPROCESS},
	{"-I", true, true, WORD_PREPROCESS},
	{"-D", true, true, WORD_PREPROCESS},
	{"-U", true, true, WORD_PREPROCESS},
	{"-A", true, true, WORD_PREPROCESS},
	{"-nostdinc", true, false, WORD_PREPROCESS},
	{"-Xpreprocessor", false, true, WORD_PREPROCESS},
	{"-Wp,", true, false, WORD_PREPROCESS},
	{"-ffile-prefix-map=", true, false, WORD_PREPROCESS},
	{"-fmacro-prefix-map=", true, false, WORD_PREPROCESS},
	{"-fdebug-prefix-map=", true, false, WORD_DROP},
	{"--param", false, true, WORD_KEEP},
	{"-Xassembler", false, true, WORD_KEEP},
	{"-B", true, true, WORD_KEEP},
	{"-target", false, true, WORD_KEEP},
	{"-mllvm", false, true, WORD_KEEP},
	{"-Xclang", false, true, WORD_KEEP},
};

static const struct word_rule *rule_of(const char *word)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		const struct word_rule *r = &rules[i];

		if (r->prefix ? strncmp(word, r->word, strlen(r->word)) == 0
			      : strcmp(word, r->word) == 0)
			return r;
	}
	return NULL;
}

void unit_command(const struct unit *u, bool preprocessor, struct command *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->folder = u->folder;
	for (size_t i = 0; i < u->call.count; i++) {
		const char *w = u->call.argv[i];
		const struct word_rule *r = i ? rule_of(w) : NULL;
		bool keep = !r || r->use == WORD_KEEP ||
			    (preprocessor && r->use == WORD_PREPROCESS);

		/* Inputs: sources are named anew, objects are for the linker. */
		if (i && (*w != '-' || !w[1]))
			continue;
		if (keep)
			command_add(ret, "%s", w);
		if (r && r->next && strcmp(w, r->word) == 0 &&
		    i + 1 < u->call.count && ++i && keep)
			command_add(ret, "%s", u->call.argv[i]);
	}
}

static size_t folder_length(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (size_t)(slash - path) + 1 : 0;
}

/* __FILE__ is to be what it was, in the source and in what lies beside it: the
 * program shows it, or counts on where it begins. */
static void names_keep(const struct unit *u, struct command *c)
{
	if (*u->spelled != '/' && !strchr(u->called, '='))
		command_add(c, "-fmacro-prefix-map=%.*s=%.*s",
			    (int)folder_length(u->called), u->called,
			    (int)folder_length(u->spelled), u->spelled);
}

static void preprocess_command(const struct unit *u, bool plain, const char *out,
			       struct command *c)
{
	unit_command(u, true, c);
	command_add(c, "-E");
	command_add(c, "-w");
	if (plain) {
		command_add(c, "-D__LINE__=0");
		command_add(c, "-D__COUNTER__=0");
	}
	names_keep(u, c);
	command_add(c, "-D__DATE__=\"\"");
	command_add(c, "-D__TIME__=\"\"");
	command_add(c, "-D__TIMESTAMP__=\"\"");
	command_add(c, "-x");
	command_add(c, u->cxx ? "c++" : "c");
	/* The diff may take the file away, or give it another name. */
	command_add(c, "%s", access(u->source, F_OK) == 0 ? u->called : "/dev/null");
	command_add(c, "-o");
	command_add(c, "%s", out);
}

/* Read what was preprocessed; the file has done its work then. */
static enum opus_code preprocessed_read(struct build *b, const char *path,
					struct text *ret, struct opus_error *err)
{
	enum opus_code code = text_load(path, &b->diff->shelf, ret, err);

	unlink(path);
	return code;
}

static enum opus_code some_preprocess(struct build *b, struct unit *const *u, size_t count,
				      bool after, struct opus_error *err)
{
	const char *out[2 * UNITS_AT_ONCE];
	struct command c[2 * UNITS_AT_ONCE];
	enum opus_code code;

	for (size_t i = 0; i < count; i++)
		for (size_t plain = 0; plain < 2; plain++) {
			size_t k = 2 * i + plain;

			out[k] = build_text(b, "%s/unit%zu.i", b->folder, k);
			preprocess_command(u[i], plain, out[k], &c[k]);
		}
	code = commands_run(c, 2 * count, b->options->verbose, err);
	for (size_t i = 0; i < count && code == OPUS_OK; i++) {
		code = preprocessed_read(b, out[2 * i], after ? &u[i]->after : &u[i]->before, err);
		if (code == OPUS_OK)
			code = preprocessed_read(b, out[2 * i + 1], after ? &u[i]->after_plain
									  : &u[i]->before_plain, err);
	}
	for (size_t i = 0; i < 2 * count; i++)
		command_deinit(&c[i]);
	return code;
}

/* What is done with several units at a time. */
typedef enum opus_code (*units_step)(struct build *b, struct unit *const *u, size_t count,
				     bool after, struct opus_error *err);

static enum opus_code units_step_all(struct build *b, struct unit *const *u, size_t count,
				     bool after, units_step step, const char *words,
				     struct opus_error *err)
{
	enum opus_code code = OPUS_OK;

	for (size_t i = 0; i < count && code == OPUS_OK && !build_interrupted;
	     i += UNITS_AT_ONCE) {
		size_t n = count - i < UNITS_AT_ONCE ? count - i : UNITS_AT_ONCE;

		build_progress(b, words, i, count);
		code = step(b, u + i, n, after, err);
	}
	return code;
}

enum opus_code units_preprocess(struct build *b, struct unit *const *u, size_t count,
				bool after, struct opus_error *err)
{
	CLEANUP(cleanup_free) struct unit **left = calloc(count + 1, sizeof(*left));
	size_t n = 0;

	if (!left)
		return error_set(err, OPUS_RESOURCE, "out of memory");
	for (size_t i = 0; i < count; i++)
		if (!text_is_there(after ? &u[i]->after : &u[i]->before))
			left[n++] = u[i];
	return units_step_all(b, left, n, after, some_preprocess, "preprocessing", err);
}

enum opus_code unit_cut(struct unit *u, struct opus_error *err)
{
	enum opus_code code = text_cut(&u->before, err);

	if (code == OPUS_OK)
		code = text_cut(&u->before_plain, err);
	if (code == OPUS_OK)
		code = text_cut(&u->after, err);
	return code == OPUS_OK ? text_cut(&u->after_plain, err) : code;
}

void unit_uncut(struct unit *u)
{
	text_uncut(&u->before);
	text_uncut(&u->before_plain);
	text_uncut(&u->after);
	text_uncut(&u->after_plain);
}

enum opus_code unit_parse(struct unit *u, struct opus_error *err)
{
	enum opus_code code = unit_cut(u, err);

	if (code != OPUS_OK || u->parsed)
		return code;
	if (!u->fresh && !u->same)
		code = parse_text(&u->before, u->cxx, u->standard,
				  &u->parse_before, err);
	if (code == OPUS_OK)
		code = parse_text(&u->after, u->cxx, u->standard,
				  &u->parse_after, err);
	u->parsed = code == OPUS_OK;
	/* The same text has the same entities. */
	for (size_t i = 0; i < u->reneweds && u->parsed; i++) {
		struct entity *e = &u->parse_after.entity[u->renewed[i]];

		e->renewed = e->is_const = true;
	}
	return code;
}

static enum opus_code renewed_keep(struct unit *u, struct opus_error *err)
{
	u->reneweds = 0;
	for (size_t i = 0; i < u->parse_after.entities; i++) {
		size_t *grown;

		if (!u->parse_after.entity[i].renewed)
			continue;
		grown = build_grow(u->renewed, u->reneweds, sizeof(*grown));
		if (!grown)
			return error_set(err, OPUS_RESOURCE, "out of memory");
		u->renewed = grown;
		grown[u->reneweds++] = i;
	}
	return OPUS_OK;
}

enum opus_code unit_unparse(struct unit *u, struct opus_error *err)
{
	enum opus_code code = renewed_keep(u, err);

	if (code != OPUS_OK)
		return code;
	parse_deinit(&u->parse_before);
	parse_deinit(&u->parse_after);
	u->parsed = false;
	return OPUS_OK;
}

/* Is it a file of the diff, or made of one? Then the diff knows that somebody
 * reads it. */
static bool is_touched(struct diff *d, const char *path)
{
	char real[PATH_MAX], file[PATH_MAX];

	if (!realpath(path, real))
		return false;
	for (size_t i = 0; i < d->files; i++)
		if (realpath(d->file[i], file) && strcmp(file, real) == 0) {
			d->read[i] = true;
			return true;
		}
	for (size_t i = 0; i < d->mades; i++)
		if (realpath(d->made[i], file) && strcmp(file, real) == 0)
			return true;
	return false;
}

static void reads_command(const struct unit *u, const char *out, struct command *c)
{
	unit_command(u, true, c);
	command_add(c, "-M");
	command_add(c, "-w");
	command_add(c, "-MF");
	command_add(c, "%s", out);
	command_add(c, "%s", u->called);
	c->quiet = true;
}

/* Look at what the compiler says that it reads for the unit. */
static enum opus_code reads_read(struct build *b, struct unit *u, const char *path,
				 struct opus_error *err)
{
	CLEANUP(cleanup_free) uint8_t *data = NULL;
	CLEANUP(cleanup_free) char *words = NULL;
	struct command list = {0};
	size_t size;
	enum opus_code code = image_read(path, &data, &size, err);

	if (code != OPUS_OK)
		return code;
	words = strndup((char *)data, size);
	for (char *p = words; p && (p = strstr(p, "\\\n")) != NULL;)
		p[0] = p[1] = ' ';
	command_add_words(&list, words);
	for (size_t i = 0; i < list.count; i++)
		u->reached |= is_touched(b->diff, *list.argv[i] == '/'
							  ? list.argv[i]
							  : build_text(b, "%s/%s", u->folder,
								       list.argv[i]));
	command_deinit(&list);
	return OPUS_OK;
}

static enum opus_code some_read(struct build *b, struct unit *const *u, size_t count,
				bool after, struct opus_error *err)
{
	const char *out[UNITS_AT_ONCE];
	struct command c[UNITS_AT_ONCE];
	enum opus_code code;

	(void)after;
	for (size_t i = 0; i < count; i++) {
		u[i]->reached = is_touched(b->diff, u[i]->source);
		out[i] = build_text(b, "%s/unit%zu.d", b->folder, i);
		reads_command(u[i], out[i], &c[i]);
	}
	code = commands_run(c, count, b->options->verbose, err);
	/* One whose source is gone, or that never compiled, is not read. */
	if (code == OPUS_INVALID)
		code = OPUS_OK;
	for (size_t i = 0; i < count && code == OPUS_OK; i++)
		if (c[i].result == OPUS_OK)
			code = reads_read(b, u[i], out[i], err);
	for (size_t i = 0; i < count; i++)
		command_deinit(&c[i]);
	return code;
}

enum opus_code units_read(struct build *b, struct unit *const *u, size_t count,
			  struct opus_error *err)
{
	return units_step_all(b, u, count, false, some_read,
			      "looking for what the diff reaches", err);
}

bool unit_is_whole(const struct unit *u)
{
	for (size_t i = 0; i < u->call.count; i++)
		if (strncmp(u->call.argv[i], "-flto", 5) == 0)
			return true;
	return false;
}

bool unit_is_new(const struct unit *u, const struct entity *e)
{
	const struct entity *o;

	if (u->same)
		return false;
	for (o = parse_find(&u->parse_before, e->name, strlen(e->name)); o;
	     o = parse_next(&u->parse_before, o))
		if (o->kind == e->kind && o->is_definition &&
		    strcmp(o->linkage, e->linkage) == 0 &&
		    (e->kind != ENTITY_LOCAL || strcmp(o->owner, e->owner) == 0))
			return false;
	return true;
}

bool unit_exposes(const struct unit *u, const struct entity *e)
{
	const struct entity *o;
	bool here = false;

	if (u->cxx || u->same || u->fresh || !u->parsed || e->is_static)
		return false;
	for (o = parse_find(&u->parse_after, e->name, strlen(e->name)); o && !here;
	     o = parse_next(&u->parse_after, o))
		here = o->kind == e->kind && o->is_definition && !o->is_static;
	for (o = parse_find(&u->parse_before, e->name, strlen(e->name)); o && here;
	     o = parse_next(&u->parse_before, o))
		if (o->kind == e->kind && o->is_definition)
			return o->is_static;
	return false;
}

bool unit_offers(const struct unit *u, const struct entity *e)
{
	return (e->kind == ENTITY_FUNCTION ||
		(e->kind == ENTITY_VARIABLE && !e->is_extern)) &&
	       e->is_definition && !e->is_static && !e->is_inline && !e->is_template &&
	       !e->in_class && unit_is_new(u, e);
}

/* A unit is in the patch if it has a change, or brings new functions that
 * others may call. */
bool unit_is_in(const struct diff *d, const struct unit *u)
{
	for (size_t i = 0; i < d->changes; i++)
		if (d->change[i].unit == u)
			return true;
	for (size_t i = 0; u->reached && i < u->parse_after.entities; i++)
		if (unit_offers(u, &u->parse_after.entity[i]))
			return true;
	return false;
}

void unit_destroy(struct unit *u)
{
	if (!u)
		return;
	unit_uncut(u);
	if (!u->shared) {
		text_deinit(&u->before);
		text_deinit(&u->before_plain);
		text_deinit(&u->after);
		text_deinit(&u->after_plain);
		command_deinit(&u->call);
	}
	parse_deinit(&u->parse_before);
	parse_deinit(&u->parse_after);
	if (u->compile)
		command_deinit(u->compile);
	free(u->compile);
	free(u->renewed);
	free(u);
}

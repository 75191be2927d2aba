/*
 * pass_note.c - read what the author wrote with the macros of patch.h.
 *
 * Called by:  build.c.  Needs build.objects; leaves name, description, label,
 *             replace, ref_note, hook and compiler.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * A record is a row of strings, the first of them "@opus:KIND"; patch.h says
 * why. The section of each object is one such list of rows.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "common/cleanup.h"
#include "demangle.h"
#include "image.h"

#define NOTE_MARK "@opus:"
#define NOTE_FIELDS 40

/* One record: fields[0] is the kind, then file and line. */
struct record {
	const char *field[NOTE_FIELDS];
	size_t fields;
	struct note_place place;
};

static enum opus_code record_bad(const struct record *r, struct opus_error *err,
				 const char *what)
{
	return error_set(err, OPUS_INVALID, "%s:%s: %s", r->place.file,
			 r->place.line, what);
}

static enum opus_code note_patch(struct build *b, const struct record *r,
				 struct opus_error *err)
{
	if (b->name)
		return record_bad(r, err, "OPUS_PATCH a second time");
	if (!r->field[3][0] || strlen(r->field[3]) > 100 ||
	    strpbrk(r->field[3], " \t\n/"))
		return record_bad(r, err,
				  "the name of the patch has to be 1 to 100 characters without blanks and slashes");
	b->name = r->field[3];
	b->description = r->field[4];
	return OPUS_OK;
}

static enum opus_code note_label(struct build *b, const struct record *r,
				 struct opus_error *err)
{
	const char **grown = build_grow(b->label, b->labels, sizeof(*grown));

	if (!grown)
		return error_set(err, OPUS_RESOURCE, "out of memory");
	b->label = grown;
	grown[b->labels++] = r->field[3];
	return OPUS_OK;
}

static enum opus_code note_replace(struct build *b, const struct record *r,
				   struct opus_error *err)
{
	struct replace *grown = build_grow(b->replace, b->replaces, sizeof(*grown));

	if (!grown)
		return error_set(err, OPUS_RESOURCE, "out of memory");
	b->replace = grown;
	grown[b->replaces++] = (struct replace){
		.place = r->place,
		.target_name = r->field[3],
		.patch_name = r->field[4],
		.unit = r->field[5],
		.name = r->field[3],
		.found_unit = "",
	};
	return OPUS_OK;
}

static enum opus_code note_ref(struct build *b, const struct record *r,
			       struct opus_error *err)
{
	struct ref_note *grown = build_grow(b->ref_note, b->ref_notes, sizeof(*grown));

	if (!grown)
		return error_set(err, OPUS_RESOURCE, "out of memory");
	b->ref_note = grown;
	grown[b->ref_notes++] = (struct ref_note){
		.place = r->place,
		.label = r->field[3],
		.target_name = r->field[4],
		.unit = r->field[5],
		.function = r->field[6],
	};
	return OPUS_OK;
}

static bool enum_find(const char *text, const char *(*name)(uint32_t),
		      uint32_t count, uint32_t *ret)
{
	for (*ret = 0; *ret < count; ++*ret)
		if (strcmp(name(*ret), text) == 0)
			return true;
	return false;
}

static bool integer_read(const char *text, enum plan_type type, uint64_t *ret)
{
	bool is_signed = type == PLAN_TYPE_INT32 || type == PLAN_TYPE_INT64;
	bool narrow = type == PLAN_TYPE_INT32 || type == PLAN_TYPE_UINT32;
	char *end;

	errno = 0;
	if (is_signed) {
		long long value = strtoll(text, &end, 0);

		if (narrow && (value < INT32_MIN || value > INT32_MAX))
			return false;
		*ret = (uint64_t)value;
	} else {
		unsigned long long value = strtoull(text, &end, 0);

		if (strchr(text, '-') || (narrow && value > UINT32_MAX))
			return false;
		*ret = value;
	}
	return errno == 0 && end != text && *end == 0;
}

/* "TYPE NAME=DEFAULT" or "TYPE NAME". */
static bool hook_arg_read(struct build *b, const char *text, struct hook_arg *ret)
{
	const char *blank = strchr(text, ' ');
	const char *equal = strchr(text, '=');
	uint32_t type;
	double real;
	char *end;

	if (!blank || blank[1] == 0 || blank[1] == '=')
		return false;
	if (!enum_find(build_text(b, "%.*s", (int)(blank - text), text),
		       plan_type_name, PLAN_TYPE_COUNT, &type))
		return false;
	*ret = (struct hook_arg){.type = type, .text = ""};
	ret->name = equal ? build_text(b, "%.*s", (int)(equal - blank - 1), blank + 1)
			  : blank + 1;
	if (type == PLAN_TYPE_ADDRESS) {
		/* "address NAME=SYMBOL" gives the argument a name of its own */
		ret->text = equal ? equal + 1 : ret->name;
		return ret->text[0] != 0;
	}
	if (!equal)
		return true;
	if (type == PLAN_TYPE_STRING) {
		ret->text = equal + 1;
		return true;
	}
	if (type == PLAN_TYPE_DOUBLE) {
		real = strtod(equal + 1, &end);
		memcpy(&ret->value, &real, sizeof(real));
		return end != equal + 1 && *end == 0;
	}
	return integer_read(equal + 1, type, &ret->value);
}

static enum opus_code note_hook(struct build *b, const struct record *r,
				struct opus_error *err)
{
	struct hook_note *grown = build_grow(b->hook, b->hooks, sizeof(*grown));
	struct hook_note hook = {.place = r->place, .function = r->field[4]};
	uint32_t kind, where;

	if (!enum_find(r->field[3], plan_hook_name, PLAN_HOOK_COUNT, &kind))
		return record_bad(r, err, "unknown kind of hook; there are check, pre_apply, post_apply, pre_revert, post_revert");
	if (!enum_find(r->field[5], plan_where_name, PLAN_WHERE_COUNT, &where))
		return record_bad(r, err, "a hook runs in agent or stopped");
	hook.kind = kind;
	hook.where = where;
	if (grown)
		b->hook = grown;
	hook.arg = calloc(r->fields, sizeof(*hook.arg));
	if (!grown || !hook.arg) {
		free(hook.arg);
		return error_set(err, OPUS_RESOURCE, "out of memory");
	}
	b->hook[b->hooks++] = hook; /* build_deinit() frees arg from now on */
	for (size_t i = 6; i < r->fields; i++) {
		struct hook_note *h = &b->hook[b->hooks - 1];

		if (!hook_arg_read(b, r->field[i], &h->arg[h->args++]))
			return record_bad(r, err,
				build_text(b, "hook argument \"%s\": not \"TYPE NAME\" or \"TYPE NAME=DEFAULT\" with a type of opus-patch(5) and a default that fits it",
					   r->field[i]));
	}
	return OPUS_OK;
}

static const struct note_kind {
	const char *name;
	size_t fields; /* at least */
	bool more;
	enum opus_code (*read)(struct build *, const struct record *,
			       struct opus_error *);
} note_kinds[] = {
	{"patch", 5, false, note_patch},     {"label", 4, false, note_label},
	{"replace", 6, false, note_replace}, {"ref", 7, false, note_ref},
	{"hook", 6, true, note_hook},
};

static enum opus_code record_read(struct build *b, const struct record *r,
				  struct opus_error *err)
{
	const char *kind = r->field[0] + strlen(NOTE_MARK);

	for (size_t i = 0; i < sizeof(note_kinds) / sizeof(note_kinds[0]); i++) {
		const struct note_kind *k = &note_kinds[i];

		if (strcmp(k->name, kind) != 0)
			continue;
		if (r->fields < k->fields || (r->fields > k->fields && !k->more))
			break;
		return k->read(b, r, err);
	}
	return error_set(err, OPUS_INVALID,
			 "a record \"%s\" of patch.h is not understood: was the source compiled with another version's patch.h?",
			 r->field[0]);
}

static enum opus_code notes_read(struct build *b, const char *data, size_t size,
				 struct opus_error *err)
{
	struct record r = {0};
	enum opus_code code = OPUS_OK;

	for (size_t at = 0; at <= size && code == OPUS_OK;) {
		size_t n = at < size ? strnlen(data + at, size - at) : 0;
		bool mark = at < size && strncmp(data + at, NOTE_MARK,
						 strlen(NOTE_MARK)) == 0;

		if ((mark || at == size) && r.fields >= 3) {
			r.place.file = r.field[1];
			r.place.line = r.field[2];
			code = record_read(b, &r, err);
		}
		if (mark)
			r.fields = 0;
		if (at == size || (r.fields == 0 && !mark))
			break;
		if (r.fields == NOTE_FIELDS)
			return error_set(err, OPUS_INVALID,
					 "a record of patch.h has too many fields");
		r.field[r.fields++] = build_text(b, "%.*s", (int)n, data + at);
		at += n + 1;
	}
	return code;
}

/* Constructors run in dlopen, on the agent's thread, before any check. */
static enum opus_code constructors_check(const struct image *i, const char *source,
					 struct opus_error *err)
{
	static const char *const names[] = {".init_array", ".ctors", ".preinit_array",
					    ".init", ".fini", ".fini_array", ".dtors"};

	for (unsigned int n = 0; n < i->header->e_shnum; n++) {
		const char *name = image_section_name(i, &i->section[n]);

		for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
			size_t length = strlen(names[k]);

			if (i->section[n].sh_size > 0 &&
			    strncmp(name, names[k], length) == 0 &&
			    (name[length] == 0 || name[length] == '.'))
				return error_set(err, OPUS_INVALID,
					"%s: has constructors or destructors (section %s), which would run unchecked while the patch is loaded: use OPUS_HOOK; in C++, avoid <iostream> and global objects that need code to be made",
					source, name);
		}
	}
	return OPUS_OK;
}

static void compiler_read(struct build *b, const struct image *i)
{
	const Elf64_Shdr *s = image_section(i, ".comment", 0);
	const char *text = (char *)image_section_data(i, s);

	if (b->compiler || !text)
		return;
	for (size_t at = 0; at < s->sh_size; at++)
		if (text[at]) {
			b->compiler = build_text(b, "%.*s",
				(int)strnlen(text + at, s->sh_size - at), text + at);
			return;
		}
}

static enum opus_code object_read(struct build *b, size_t index,
				  struct opus_error *err)
{
	CLEANUP(cleanup_free) uint8_t *data = NULL;
	size_t size;
	struct image i;
	const Elf64_Shdr *s;
	enum opus_code code = image_read(b->objects[index], &data, &size, err);

	if (code == OPUS_OK)
		code = image_init(&i, data, size, err);
	if (code == OPUS_OK)
		code = constructors_check(&i, b->source[index].path, err);
	if (code != OPUS_OK)
		return code;
	compiler_read(b, &i);
	s = image_section(&i, PLAN_NOTE_SECTION, 0);
	return s ? notes_read(b, (char *)image_section_data(&i, s), s->sh_size, err)
		 : OPUS_OK;
}

enum opus_code pass_note(struct build *b, struct opus_error *err)
{
	for (size_t i = 0; i < b->sources; i++) {
		enum opus_code code = object_read(b, i, err);

		if (code != OPUS_OK)
			return code;
	}
	if (!b->name)
		return error_set(err, OPUS_INVALID,
				 "%s: no OPUS_PATCH(\"name\", \"description\"), so the patch has no name",
				 b->source[0].path);
	if (b->replaces == 0 && b->hooks == 0)
		return error_set(err, OPUS_ALREADY,
				 "%s: neither OPUS_REPLACE nor OPUS_HOOK: the patch would change nothing",
				 b->source[0].path);
	return OPUS_OK;
}

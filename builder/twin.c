/*
 * twin.c - what the build made anew of a target, held against it.
 *
 * Called by:  pass_unit.c, pass_closure.c, likeness.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * Distributions strip what they install. The same source, built the same way,
 * gives the same code again, this time with debug information: then that is
 * the target's as well. Whether it is the same is seen, not believed. And
 * where a target has debug information of its own, its twin still shows
 * whether the source and the build command are those that it was made with.
 */
#include "twin.h"

#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "decode.h"
#include "image.h"
#include "path.h"

bool object_is_described(const struct object *o)
{
	Dwarf_CU *cu = NULL;
	Dwarf_Die die, sub;
	uint8_t type;

	return o->dwarf && dwarf_get_units(o->dwarf, NULL, &cu, NULL, &type, &die,
					   &sub) == 0;
}

/* nftw() has no room for a context. */
static struct {
	char **path;
	size_t count;
	bool failed;
} walk;

static int file_note(const char *path, const struct stat *st, int type,
		     struct FTW *ftw)
{
	char magic[20] = "";
	char **grown;
	FILE *f;
	size_t n;

	(void)ftw;
	if (type != FTW_F || !S_ISREG(st->st_mode) || st->st_size < 512)
		return 0;
	f = fopen(path, "re");
	n = f ? fread(magic, 1, sizeof(magic), f) : 0;
	if (f)
		fclose(f);
	/* ET_EXEC or ET_DYN */
	if (n < sizeof(magic) || memcmp(magic, ELFMAG, SELFMAG) != 0 ||
	    (magic[16] != ET_EXEC && magic[16] != ET_DYN))
		return 0;
	grown = build_grow(walk.path, walk.count, sizeof(*grown));
	if (grown)
		walk.path = grown;
	if (!grown || !(grown[walk.count] = strdup(path))) {
		walk.failed = true;
		return 1;
	}
	walk.count++;
	return 0;
}

static const Elf64_Shdr *section_like(const struct image *i, const struct image *of,
				      const Elf64_Shdr *s)
{
	return image_section(i, image_section_name(of, s), 0);
}

/* Files of debug information have the sections of code, but no bytes in them. */
static bool bytes_same(const struct image *a, const Elf64_Shdr *s,
		       const struct image *b, const Elf64_Shdr *t)
{
	const uint8_t *left = image_section_data(a, s), *right = image_section_data(b, t);

	return left && right && memcmp(left, right, s->sh_size) == 0;
}

/* The first section of `a` whose place or, if it holds code, bytes are others
 * in `b`; NULL: all are the same. */
static const char *sections_differ(const struct image *a, const struct image *b)
{
	for (unsigned int n = 1; n < a->header->e_shnum; n++) {
		const Elf64_Shdr *s = &a->section[n], *t;
		const char *name = image_section_name(a, s);

		if (!(s->sh_flags & SHF_ALLOC) || s->sh_type == SHT_NOTE)
			continue;
		t = section_like(b, a, s);
		if (!t || t->sh_addr != s->sh_addr || t->sh_size != s->sh_size)
			return name;
		if ((s->sh_flags & SHF_EXECINSTR) && !bytes_same(a, s, b, t))
			return name;
	}
	return NULL;
}

/* How well a file fits as twin: 3 the same code, with debug information, 2 the same
 * code, 1 the same name, 0 not. */
static int twin_fit(const struct object *o, const char *path, const char **differs)
{
	CLEANUP(cleanup_free) uint8_t *data = NULL;
	struct image mine, its;
	size_t size;

	if (image_read(path, &data, &size, NULL) != OPUS_OK ||
	    image_init(&its, data, size, NULL) != OPUS_OK ||
	    image_init(&mine, (uint8_t *)o->image, o->image_size, NULL) != OPUS_OK)
		return 0;
	*differs = sections_differ(&mine, &its);
	if (!*differs)
		return image_section(&its, ".debug_info", 0) ? 3 : 2;
	return strcmp(path_base(path), o->name) == 0;
}

static enum opus_code twin_keep(struct build *b, size_t target, const char *path,
				struct opus_error *err)
{
	struct command c = {0};
	enum opus_code code;

	b->diff->twin_path[target] = build_text(b, "%s/twin-%zu", b->folder, target);
	b->diff->twin_made[target] = build_text(b, "%s", path);
	command_add(&c, "cp");
	command_add(&c, "--reflink=auto");
	command_add(&c, "%s", path);
	command_add(&c, "%s", b->diff->twin_path[target]);
	code = command_run(&c, b->options->verbose, err);
	command_deinit(&c);
	return code;
}

/* Clear what depends on where things lie. */
static void places_clear(uint8_t *bytes, const struct decoded *d)
{
	if (d->rip || d->zydis.raw.disp.size >= 32)
		memset(bytes + d->zydis.raw.disp.offset, 0, d->zydis.raw.disp.size / 8);
	for (int i = 0; i < 2; i++)
		if (d->zydis.raw.imm[i].size >= 32 || d->has_target)
			memset(bytes + d->zydis.raw.imm[i].offset, 0,
			       d->zydis.raw.imm[i].size / 8);
}

bool code_alike(const uint8_t *a, uint64_t a_at, const uint8_t *b, uint64_t b_at,
		uint64_t size)
{
	struct decoded x, y;

	for (uint64_t at = 0; at < size; at += x.length) {
		uint8_t left[16], right[16];

		if (!decode(a + at, size - at, a_at + at, &x) ||
		    !decode(b + at, size - at, b_at + at, &y) || x.length != y.length)
			return false;
		memcpy(left, a + at, x.length);
		memcpy(right, b + at, x.length);
		places_clear(left, &x);
		places_clear(right, &y);
		if (memcmp(left, right, x.length) != 0)
			return false;
	}
	return true;
}

static const char *function_at(const struct object *o, uint64_t address)
{
	for (const struct object_symbol *s = NULL; (s = object_symbol_at(o, address, s)) != NULL;)
		if (s->code && s->type == STT_FUNC)
			return s->name;
	return NULL;
}

/* A file that the build made against the target: the first function that has other
 * code, by which people find what their build does in another way. In the order of
 * addresses; a stripped target has frames and no names. */
static const char *first_other(struct build *b, const struct object *o, const char *path)
{
	struct object *t;
	const char *name = NULL;

	if (object_open(path, NULL, 0, &t, NULL) != OPUS_OK)
		return "";
	for (size_t i = 0; i < o->frames && i < t->frames && !name; i++) {
		const struct object_frame *f = &o->frame[i], *g = &t->frame[i];
		const uint8_t *mine = object_bytes(o, f->start, f->end - f->start);
		const uint8_t *its = object_bytes(t, g->start, g->end - g->start);

		if (!mine || !its || f->end - f->start != g->end - g->start ||
		    !code_alike(mine, f->start, its, g->start, f->end - f->start))
			name = function_at(t, g->start);
	}
	name = name ? build_text(b, "; the first function with other code: %s", name) : "";
	object_close(t);
	return name;
}

static enum opus_code twin_find(struct build *b, size_t target,
				struct opus_error *err)
{
	struct object *o = b->target[target];
	const char *best = NULL, *differs = NULL, *why;
	int fit = 0;
	enum opus_code code;

	for (size_t i = 0; i < walk.count && fit < 3; i++) {
		int f = twin_fit(o, walk.path[i], &why);

		if (f > fit) {
			fit = f;
			best = walk.path[i];
			differs = why ? build_text(b, "%s", why) : NULL;
		}
	}
	if (!object_is_described(o) && fit < 2)
		return error_set(err, OPUS_INVALID,
			 "%s: has no debug information, and %s%s%s%s: give the debug file with --debug, or the source, build command and compiler that it was made with (in a built tree: make -B)",
			 o->path,
			 best ? "what the build made anew of it is not the same (section "
			      : "the build made nothing that is the same",
			 best ? differs : "", best ? first_other(b, o, best) : "",
			 best ? ")" : "");
	if (!best)
		return OPUS_OK;
	code = twin_keep(b, target, best, err);
	if (code != OPUS_OK)
		return code;
	if (!object_is_described(o)) {
		code = object_debug_adopt(o, b->diff->twin_path[target], err);
		if (code == OPUS_OK && !object_is_described(o))
			return error_set(err, OPUS_INVALID,
				"%s: has no debug information, and what the build made anew has none either: let it compile everything (in a built tree: make -B)",
				o->path);
		if (code == OPUS_OK && b->options->verbose)
			fprintf(stderr, "opus-build: %s: the build made the same code again, with debug information\n",
				o->path);
	}
	return code;
}

enum opus_code twins_find(struct build *b, struct opus_error *err)
{
	struct diff *d = b->diff;
	enum opus_code code = OPUS_OK;

	d->twin_path = calloc(b->targets, sizeof(*d->twin_path));
	d->twin_made = calloc(b->targets, sizeof(*d->twin_made));
	d->twin = calloc(b->targets, sizeof(*d->twin));
	if (!d->twin_path || !d->twin_made || !d->twin)
		return error_set(err, OPUS_RESOURCE, "out of memory");
	/* What the build wrote is in the writable halves of the overlays. */
	if (!d->overlaid && nftw(d->view, file_note, 32, FTW_PHYS) != 0)
		walk.failed = true;
	for (size_t i = 0; i < d->covers; i++)
		if (d->cover[i].upper && nftw(d->cover[i].upper, file_note, 32, FTW_PHYS) != 0)
			walk.failed = true;
	if (walk.failed)
		code = error_set(err, OPUS_RESOURCE, "cannot look through the build");
	for (size_t i = 0; i < b->targets && code == OPUS_OK; i++)
		code = twin_find(b, i, err);
	for (size_t i = 0; i < walk.count; i++)
		free(walk.path[i]);
	free(walk.path);
	memset(&walk, 0, sizeof(walk));
	return code;
}

bool twin_agrees(const struct build *b, size_t target, const char *symbol,
		 uint64_t address, uint64_t size)
{
	struct diff *d = b->diff;
	const struct object *o = b->target[target], *t;
	bool known = false;

	if (!d->twin_path || !d->twin_path[target])
		return true;
	if (!d->twin[target] && object_open(d->twin_path[target], NULL, 0,
					    &d->twin[target], NULL) != OPUS_OK)
		return true;
	t = d->twin[target];
	for (size_t i = 0; i < t->defined; i++) {
		const struct object_symbol *s = &t->symbol[i];
		const uint8_t *a, *c;

		if (!s->code || s->type != STT_FUNC || strcmp(s->name, symbol) != 0)
			continue;
		known = true;
		a = object_bytes(o, address, size);
		c = object_bytes(t, s->value, s->size);
		if (s->size == size && a && c &&
		    code_alike(a, address, c, s->value, size))
			return true;
	}
	return !known;
}

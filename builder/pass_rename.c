/*
 * pass_rename.c - give statics of C++ functions the names they have in the
 *                 target, and take its tables of virtual functions and the ends
 *                 of its sections.
 *
 * Called by:  build.c.  Needs objects, target, build.must; leaves objects whose
 *             symbols have those names.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * Such a variable is found in the target by its mangled name. GCC adds ABI tags
 * ("B5cxx11") to it in inline functions alone, as which pass_emit writes some
 * that are none in the target.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "common/cleanup.h"
#include "diff.h"
#include "image.h"
#include "proc.h"

static bool targets_have(const struct build *b, const char *name)
{
	for (size_t i = 0; i < b->targets; i++)
		for (size_t k = 0; k < b->target[i]->defined; k++)
			if (strcmp(b->target[i]->symbol[k].name, name) == 0)
				return true;
	return false;
}

/* Where the tags at the end of a name begin, or NULL. */
static const char *tags_of(const char *name)
{
	for (const char *at = strchr(name, 'B'); at; at = strchr(at + 1, 'B')) {
		const char *p = at;

		while (*p == 'B' && isdigit((unsigned char)p[1])) {
			char *word;
			unsigned long n = strtoul(p + 1, &word, 10);

			if (strlen(word) < n)
				break;
			p = word + n;
		}
		if (*p == 0)
			return at;
	}
	return NULL;
}

/* What is in anonymous namespaces, by object. */
struct nameless {
	const char **name;
	size_t *object;
	size_t count;
};

/* The linker would take the inline functions and classes of two sources for
 * one. */
static enum opus_code nameless_add(struct build *b, struct nameless *n,
				   const char *name, size_t object,
				   struct opus_error *err)
{
	const char **names;
	size_t *objects;

	for (size_t i = 0; i < n->count; i++)
		if (n->object[i] != object && strcmp(n->name[i], name) == 0) {
			build_tell(b, TOPIC_NAMELESS, NULL, name,
				     "make a patch of each source file",
				     "is in anonymous namespaces of two source files: the patch cannot tell them apart");
			return OPUS_OK;
		}
	names = build_grow(n->name, n->count, sizeof(*names));
	if (names)
		n->name = names;
	objects = build_grow(n->object, n->count, sizeof(*objects));
	if (objects)
		n->object = objects;
	if (!names || !objects)
		return error_set(err, OPUS_RESOURCE, "out of memory");
	names[n->count] = build_text(b, "%s", name);
	objects[n->count++] = object;
	return OPUS_OK;
}

/*
 * Tables of virtual functions that the target has: objects that the new code makes
 * are to have those, for they may live longer than the patch. Undefined, their
 * names lead there.
 */
static bool table_refer(const struct build *b, Elf64_Sym *s, const char *name)
{
	if (ELF64_ST_BIND(s->st_info) == STB_LOCAL || s->st_shndx == SHN_UNDEF ||
	    (strncmp(name, "_ZTV", 4) != 0 && strncmp(name, "_ZTT", 4) != 0 &&
	     strncmp(name, "_ZTI", 4) != 0) ||
	    !targets_have(b, name))
		return false;
	s->st_shndx = SHN_UNDEF;
	s->st_value = s->st_size = 0;
	s->st_info = ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT);
	s->st_other = STV_DEFAULT;
	return true;
}

/*
 * The linker makes the ends of a section, __start_NAME and __stop_NAME, if one of
 * that name comes along. Code that walks through all entries of the target's would
 * find those of the patch alone.
 */
static size_t sections_rename(const struct build *b, const struct image *i,
			      struct command *c)
{
	size_t count = 0;

	for (unsigned int n = 1; n < i->header->e_shnum; n++) {
		const char *name = image_section_name(i, &i->section[n]);
		CLEANUP(cleanup_free) char *start = NULL, *stop = NULL;

		if (!(i->section[n].sh_flags & SHF_ALLOC) || !*name || strchr(name, '.') ||
		    asprintf(&start, "__start_%s", name) < 0 ||
		    asprintf(&stop, "__stop_%s", name) < 0 ||
		    (!targets_have(b, start) && !targets_have(b, stop)))
			continue;
		command_add(c, "--rename-section");
		command_add(c, "%s=.opus.%s", name, name);
		count++;
	}
	return count;
}

/* What the linker makes itself if nobody else does: of the target, or a function or
 * variable of it, but never of the patch; so it is to be met under another name. */
static bool is_linkers(const char *name)
{
	static const char *const names[] = {"etext", "_etext", "__etext", "edata", "_edata",
					    "end", "_end", "__bss_start",
					    "__executable_start", "__ehdr_start",
					    "_DYNAMIC"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

/* Is it a variable that has to have the target's name? That one, if the compiler has
 * another for it; else NULL. `plain` is the name without tags that the target has not. */
static const char *name_must(const struct build *b, size_t source, const char *name,
			     const char *plain, bool *seen)
{
	const char *ret = NULL;

	for (size_t k = 0; k < b->musts; k++) {
		const struct must_have *m = &b->must[k];
		bool here = m->made && m->unit->compile == b->source[source].call &&
			    (strcmp(m->made, name) == 0 || strcmp(m->made, plain) == 0);

		if (here)
			ret = m->name;
		seen[k] |= here || (!m->made && strcmp(m->name, plain) == 0);
	}
	return ret;
}

static enum opus_code object_rename(struct build *b, size_t index, bool *seen,
				    struct nameless *nameless, struct opus_error *err)
{
	CLEANUP(cleanup_free) uint8_t *data = NULL;
	struct command c = {0};
	struct image i;
	struct image_symbols t;
	size_t size, count = 0;
	bool referred = false;
	enum opus_code code = image_read(b->objects[index], &data, &size, err);

	if (code == OPUS_OK)
		code = image_init(&i, data, size, err);
	if (code != OPUS_OK)
		return code;
	command_add(&c, "objcopy");
	count = sections_rename(b, &i, &c);
	t = image_symbols(&i, SHT_SYMTAB);
	for (size_t n = 1; n < t.count && code == OPUS_OK; n++) {
		const char *name = image_symbol_name(&t, &t.symbol[n]);
		const char *tags = NULL, *plain = name, *as_must;
		int type = ELF64_ST_TYPE(t.symbol[n].st_info);

		if (ELF64_ST_BIND(t.symbol[n].st_info) == STB_WEAK &&
		    t.symbol[n].st_shndx != SHN_UNDEF && strstr(name, "12_GLOBAL__N_1"))
			code = nameless_add(b, nameless, name, index, err);
		referred |= table_refer(b, &t.symbol[n], name);
		if (t.symbol[n].st_shndx == SHN_UNDEF && is_linkers(name)) {
			command_add(&c, "--redefine-sym");
			command_add(&c, "%s=" RENAME_PREFIX "%s", name, name);
			count++;
		}
		if (ELF64_ST_BIND(t.symbol[n].st_info) == STB_LOCAL ||
		    (type != STT_OBJECT && type != STT_TLS))
			continue;
		if (strncmp(name, "_ZZ", 3) == 0 || strncmp(name, "_ZGVZ", 5) == 0)
			tags = targets_have(b, name) ? NULL : tags_of(name);
		if (tags)
			plain = build_text(b, "%.*s", (int)(tags - name), name);
		as_must = name_must(b, index, name, plain, seen);
		if (as_must || (tags && targets_have(b, plain))) {
			command_add(&c, "--redefine-sym");
			command_add(&c, "%s=%s", name, as_must ? as_must : plain);
			count++;
		}
	}
	command_add(&c, "%s", b->objects[index]);
	if (referred && code == OPUS_OK)
		code = image_write(b->objects[index], data, size, err);
	if (count && code == OPUS_OK)
		code = command_run(&c, b->options->verbose, err);
	command_deinit(&c);
	return code;
}

enum opus_code pass_rename(struct build *b, struct opus_error *err)
{
	CLEANUP(cleanup_free) bool *seen = calloc(b->musts + 1, sizeof(*seen));
	struct nameless nameless = {0};
	enum opus_code code = OPUS_OK;

	if (!seen)
		return error_set(err, OPUS_RESOURCE, "out of memory");
	for (size_t i = 0; i < b->sources && code == OPUS_OK; i++)
		code = object_rename(b, i, seen, &nameless, err);
	free(nameless.name);
	free(nameless.object);
	for (size_t k = 0; k < b->musts && code == OPUS_OK; k++)
		if (!seen[k])
			build_tell(b, TOPIC_COPY, &b->must[k].place, b->must[k].name,
				     "leave its function as it is, and replace the callers",
				     "is made when its function is first called, and the compiler gives it another name in the patch: the new code would make a second one");
	return code;
}

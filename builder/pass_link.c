/*
 * pass_link.c - the objects to one shared object.
 *
 * Called by:  build.c.  Needs objects and replace (patch_name, thunk); leaves
 *             linked, image.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * All names of the patch are bound inside it, so that no name of the process
 * can take over a helper of ours, except the replaced functions and what else
 * is on the dynamic list: those stay GOT slots that the agent fills.
 *
 * The segments are as few as possible: each costs the agent an mmap.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "common/cleanup.h"
#include "compile.h"
#include "image.h"
#include "thunk.h"

/* Weak data of C++ (inline variables, type information, thread-local ones) that a target
 * has as well: there must be one of it, so it must not be bound inside. */
static void shared_data_list(const struct build *b, const struct image *i,
			     FILE *list)
{
	struct image_symbols t = image_symbols(i, SHT_SYMTAB);

	for (size_t n = 1; n < t.count; n++) {
		const Elf64_Sym *s = &t.symbol[n];
		const char *name = image_symbol_name(&t, s);
		int bind = ELF64_ST_BIND(s->st_info), type = ELF64_ST_TYPE(s->st_info);

		if ((bind != STB_WEAK && bind != STB_GNU_UNIQUE) ||
		    (type != STT_OBJECT && type != STT_TLS) || s->st_shndx == SHN_UNDEF ||
		    ELF64_ST_VISIBILITY(s->st_other) != STV_DEFAULT)
			continue;
		for (size_t k = 0; k < b->targets; k++)
			for (size_t m = 0; m < b->target[k]->defined; m++)
				if (strcmp(b->target[k]->symbol[m].name, name) == 0) {
					fprintf(list, "\"%s\";\n", name);
					k = b->targets - 1;
					break;
				}
	}
}

/* Does it call one of the functions that libc has in an archive, and whose handlers go
 * with the object whose handle they give? The start files would define that. */
static bool wants_handle(const struct image *i)
{
	static const char *const names[] = {"atexit", "at_quick_exit", "pthread_atfork"};
	struct image_symbols t = image_symbols(i, SHT_SYMTAB);

	for (size_t n = 1; n < t.count; n++)
		for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++)
			if (t.symbol[n].st_shndx == SHN_UNDEF &&
			    strcmp(image_symbol_name(&t, &t.symbol[n]), names[k]) == 0)
				return true;
	return false;
}

/* The same as patch.h has for C++. */
static enum opus_code handle_write(struct build *b, struct opus_error *err)
{
	const char *path = build_text(b, "%s/handle.s", b->folder);
	static const char text[] =
		"\t.section .note.GNU-stack,\"\",@progbits\n"
		"\t.section .data.rel.ro.opus,\"aw\",@progbits\n"
		"\t.weak __dso_handle\n\t.hidden __dso_handle\n\t.balign 8\n"
		"__dso_handle: .quad __dso_handle\n";

	b->handle = path;
	return image_write(path, (const uint8_t *)text, sizeof(text) - 1, err);
}

static enum opus_code list_write(struct build *b, const char *path,
				 struct opus_error *err)
{
	FILE *list = fopen(path, "we");
	enum opus_code code = OPUS_OK;

	if (!list)
		return error_set_errno(err, OPUS_RESOURCE, "cannot write %s", path);
	/* ld wants at least one name; this one is nobody's. */
	fprintf(list, "{\n\"opus.none\";\n");
	for (size_t i = 0; i < b->replaces; i++)
		fprintf(list, "\"%s\";\n", b->replace[i].patch_name);
	for (size_t i = 0; i < b->sources && code == OPUS_OK; i++) {
		CLEANUP(cleanup_free) uint8_t *data = NULL;
		struct image image;
		size_t size;

		code = image_read(b->objects[i], &data, &size, err);
		if (code == OPUS_OK)
			code = image_init(&image, data, size, err);
		if (code == OPUS_OK)
			shared_data_list(b, &image, list);
		if (code == OPUS_OK && !b->handle && wants_handle(&image))
			code = handle_write(b, err);
	}
	fprintf(list, "};\n");
	if (fclose(list) != 0 && code == OPUS_OK)
		code = error_set_errno(err, OPUS_RESOURCE, "cannot write %s", path);
	return code;
}

/* A target that was linked with --wrap=NAME has its calls of NAME go to __wrap_NAME,
 * and those of __real_NAME to NAME (ld(1)): so have those of the patch. */
static void wraps_add(struct build *b, struct command *c)
{
	for (size_t i = 0; i < b->targets; i++)
		for (size_t k = 0; k < b->target[i]->defined; k++) {
			const struct object_symbol *s = &b->target[i]->symbol[k];

			if (!s->dynamic && s->code && object_wraps(b->target[i], s->name))
				command_add(c, "-Wl,--wrap=%s", s->name + strlen(OBJECT_WRAP));
		}
}

enum opus_code pass_link(struct build *b, struct opus_error *err)
{
	static const char *const flags[] = {
		"-shared", "-nostartfiles", "-Wl,--as-needed", "-Wl,-z,now",
		"-Wl,-z,norelro", "-Wl,-z,noexecstack", "-Wl,-z,text",
		"-Wl,-z,noseparate-code", "-Wl,-z,max-page-size=4096",
		"-Wl,--hash-style=gnu", "-Wl,--build-id=sha1",
	};
	const char *list = build_text(b, "%s/dynamic.list", b->folder);
	struct command c = {0};
	enum opus_code code = list_write(b, list, err);

	if (code != OPUS_OK)
		return code;
	b->linked = build_text(b, "%s/linked.so", b->folder);
	command_add_words(&c, compile_driver(b));
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		command_add(&c, "%s", flags[i]);
	if (!b->options->keep_debug)
		command_add(&c, "-Wl,--strip-debug");
	command_add(&c, "-Wl,--dynamic-list=%s", list);
	wraps_add(b, &c);
	for (size_t i = 0; i < b->sources; i++)
		command_add(&c, "%s", b->objects[i]);
	if (b->thunk_object)
		command_add(&c, "%s", b->thunk_object);
	if (b->handle)
		command_add(&c, "%s", b->handle);
	for (size_t i = 0; i < b->replaces; i++)
		/* Without quotes ld takes "add" for a number: hexadecimal, as 0adh is. */
		if (b->replace[i].thunk)
			command_add(&c, "-Wl,--defsym=%s%s=\"%s\"", THUNK_NEW_PREFIX,
				    b->replace[i].patch_name,
				    b->replace[i].patch_name);
	/* Part of the C library, which a target need not have been linked with. */
	command_add(&c, "-lm");
	command_add(&c, "-o");
	command_add(&c, "%s", b->linked);
	code = command_run(&c, b->options->verbose, err);
	command_deinit(&c);
	if (code == OPUS_OK)
		code = image_read(b->linked, &b->image, &b->image_size, err);
	return code;
}

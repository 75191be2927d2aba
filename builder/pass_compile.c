/*
 * pass_compile.c - the author's sources to objects.
 *
 * Called by:  build.c.  Needs build.source and folder; leaves objects.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * The order of flags matters: what the user gives overrides our defaults, and
 * what patching needs overrides the user. Nothing of the temporary folder's
 * name may reach the output, or two builds of one source would differ.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "build.h"
#include "common/cleanup.h"
#include "compile.h"
#include "diff.h"
#include "image.h"
#include "path.h"

/* blob.S */
extern const uint8_t blob_patch_h[], blob_patch_h_end[];

bool compile_is_cxx(const char *source)
{
	static const char *const suffixes[] = {".cc", ".cpp", ".cxx", ".C", ".c++",
					       NULL};

	return path_has_suffix(source, suffixes);
}

bool compile_is_code(const char *path)
{
	return path_is_header(path) || compile_is_cxx(path) ||
	       path_has_suffix(path, (const char *const[]){".c", NULL});
}

/* Leave opus-livepatch/patch.h in our folder, so that it is this version's wherever
 * opus-build lies. */
static enum opus_code header_write(struct build *b, struct opus_error *err)
{
	const char *folder = build_text(b, "%s/opus-livepatch", b->folder);

	if (mkdir(folder, 0700) != 0 && errno != EEXIST)
		return error_set_errno(err, OPUS_RESOURCE, "cannot make %s", folder);
	return image_write(build_text(b, "%s/patch.h", folder), blob_patch_h,
			   (size_t)(blob_patch_h_end - blob_patch_h), err);
}

static void flags_add(struct build *b, const char *source, struct command *c)
{
	const char *base = path_base(source);

	/* Every reference that leaves the patch has to be a GOT slot. */
	command_add(c, "-fPIC");
	command_add(c, "-fno-plt");
	command_add(c, "-fvisibility=default");
	/* A call of one replaced function by another goes to the target's
	 * entry, where a later patch can take it over: never inlined. */
	command_add(c, "-fsemantic-interposition");
	/* Thread-local data of a target is found as libraries find it. */
	command_add(c, "-ftls-model=global-dynamic");
	if (!strstr(c->argv[0], "clang"))
		command_add(c, "-mtls-dialect=gnu");
	/* The records of patch.h have to be in the object. */
	command_add(c, "-fno-lto");
	if (compile_is_cxx(source) && !strstr(c->argv[0], "clang"))
		command_add(c, "-fno-gnu-unique"); /* or it is never unloaded */
	for (size_t i = 0; i < b->targets; i++)
		if (b->target[i]->cet) {
			command_add(c, "-fcf-protection=full");
			break;
		}
	command_add(c, "-frandom-seed=%s", base);
	command_add(c, "-ffile-prefix-map=%s/=", b->folder);
	command_add(c, "-isystem");
	command_add(c, "%s", b->folder);
}

const char *compile_driver(const struct build *b)
{
	if (b->options->cc)
		return b->options->cc;
	for (size_t i = 0; i < b->sources; i++)
		if (compile_is_cxx(b->source[i].path))
			return "g++";
	return "gcc";
}

static void source_command(struct build *b, size_t index, struct command *c)
{
	const char *source = b->source[index].path;
	const struct command *call = b->source[index].call;

	*c = (struct command){0};
	if (b->options->cc)
		command_add_words(c, b->options->cc);
	else
		command_add(c, "%s", call ? call->argv[0]
				     : compile_is_cxx(source) ? "g++" : "gcc");
	if (call) {
		c->folder = call->folder;
		for (size_t i = 1; i < call->count; i++)
			command_add(c, "%s", call->argv[i]);
		command_add(c, "-w"); /* the project's source is as it is */
		command_add(c, "-g"); /* for the signatures of new functions */
	} else {
		command_add(c, "-O2");
		command_add(c, "-g");
	}
	command_add_words(c, b->options->cflags);
	flags_add(b, source, c);
	command_add(c, "-c");
	command_add(c, "%s", source);
	command_add(c, "-o");
	command_add(c, "%s", b->objects[index]);
}

/* One that fails is told of with all others, which the compiler has looked at, too. */
static enum opus_code sources_compile(struct build *b, struct opus_error *err)
{
	CLEANUP(cleanup_free) struct command *c = calloc(b->sources, sizeof(*c));
	enum opus_code code;

	if (!c)
		return error_set(err, OPUS_RESOURCE, "out of memory");
	for (size_t i = 0; i < b->sources; i++) {
		b->objects[i] = (char *)build_text(b, "%s/%zu.o", b->folder, i);
		source_command(b, i, &c[i]);
	}
	code = commands_run(c, b->sources, b->options->verbose, err);
	for (size_t i = 0; i < b->sources; i++)
		command_deinit(&c[i]);
	if (code == OPUS_INVALID && b->diff && build_file_changed(b->diff))
		return error_set(err, OPUS_INVALID,
				 "the new source does not compile as the old one did (see above); the diff changes %s, too: if that adds options, have the build command give them",
				 build_file_changed(b->diff));
	return code;
}

enum opus_code pass_compile(struct build *b, struct opus_error *err)
{
	enum opus_code code;

	/* Without a unit that changed there is nothing to say more. */
	if (b->diff && b->sources == 0)
		return OPUS_OK;
	b->objects = calloc(b->sources, sizeof(char *));
	if (!b->objects)
		return error_set(err, OPUS_RESOURCE, "out of memory");
	code = header_write(b, err);
	return code == OPUS_OK ? sources_compile(b, err) : code;
}

/*
 * pass_compile.c - the author's sources to objects.
 *
 * Called by:  build.c.  Needs build.target; leaves build.folder, objects and
 *             source_digest.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * The order of flags matters: what the user gives overrides our defaults, and
 * what patching needs overrides the user. Nothing of the temporary folder's
 * name may reach the output, or two builds of one source would differ.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build.h"
#include "common/cleanup.h"
#include "compile.h"
#include "image.h"

bool compile_is_cxx(const char *source)
{
	static const char *const suffixes[] = {".cc", ".cpp", ".cxx", ".C", ".c++"};
	const char *dot = strrchr(source, '.');

	for (size_t i = 0; dot && i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		if (strcmp(dot, suffixes[i]) == 0)
			return true;
	return false;
}

static enum opus_code folder_make(struct build *b, struct opus_error *err)
{
	const char *parent = getenv("TMPDIR");
	int n = snprintf(b->folder, sizeof(b->folder), "%s/opus-build.XXXXXX",
			 parent && *parent ? parent : "/tmp");

	if (n < 0 || (size_t)n >= sizeof(b->folder) || !mkdtemp(b->folder)) {
		b->folder[0] = 0;
		return error_set_errno(err, OPUS_RESOURCE,
				       "cannot make a temporary folder");
	}
	return OPUS_OK;
}

/* The folder that holds opus-livepatch/patch.h, or "". In an installed tree
 * and in the build tree the executable knows where it is. */
static void include_find(char *ret, size_t size)
{
	static const char *const places[] = {"../include", "../builder/include"};
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	*ret = 0;
	if (n <= 0)
		return;
	self[n] = 0;
	slash = strrchr(self, '/');
	if (slash)
		*slash = 0;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		char path[PATH_MAX + 64];

		snprintf(path, sizeof(path), "%s/%s/opus-livepatch/patch.h", self,
			 places[i]);
		if (access(path, R_OK) == 0) {
			snprintf(ret, size, "%s/%s", self, places[i]);
			return;
		}
	}
}

static enum opus_code sources_digest(struct build *b, struct opus_error *err)
{
	uint8_t digest[DIGEST_SIZE];
	struct sha256 s;

	sha256_init(&s);
	for (size_t i = 0; i < b->options->sources; i++) {
		CLEANUP(cleanup_free) uint8_t *data = NULL;
		size_t size;
		enum opus_code code =
			image_read(b->options->source[i], &data, &size, err);

		if (code != OPUS_OK)
			return code;
		sha256_add(&s, data, size);
	}
	sha256_end(&s, digest);
	for (int i = 0; i < DIGEST_SIZE; i++)
		sprintf(b->source_digest + 2 * i, "%02x", digest[i]);
	return OPUS_OK;
}

static void flags_add(struct build *b, const char *source, struct command *c)
{
	const char *base = strrchr(source, '/') ? strrchr(source, '/') + 1 : source;
	char include[PATH_MAX + 32];

	command_add(c, "-O2");
	command_add(c, "-g");
	command_add_words(c, b->options->cflags);
	/* Every reference that leaves the patch has to be a GOT slot. */
	command_add(c, "-fPIC");
	command_add(c, "-fno-plt");
	command_add(c, "-fvisibility=default");
	/* A call of one replaced function by another goes to the target's
	 * entry, where a later patch can take it over: never inlined. */
	command_add(c, "-fsemantic-interposition");
	/* The records of patch.h have to be in the object. */
	command_add(c, "-fno-lto");
	if (compile_is_cxx(source) && !strstr(compile_driver(b), "clang"))
		command_add(c, "-fno-gnu-unique"); /* or it is never unloaded */
	for (size_t i = 0; i < b->targets; i++)
		if (b->target[i]->cet) {
			command_add(c, "-fcf-protection=full");
			break;
		}
	command_add(c, "-frandom-seed=%s", base);
	command_add(c, "-ffile-prefix-map=%s/=", b->folder);
	include_find(include, sizeof(include));
	if (*include) {
		command_add(c, "-isystem");
		command_add(c, "%s", include);
	}
}

const char *compile_driver(const struct build *b)
{
	if (b->options->cc)
		return b->options->cc;
	for (size_t i = 0; i < b->options->sources; i++)
		if (compile_is_cxx(b->options->source[i]))
			return "g++";
	return "gcc";
}

static enum opus_code source_compile(struct build *b, size_t index,
				     struct opus_error *err)
{
	const char *source = b->options->source[index];
	struct command c = {0};
	enum opus_code code;

	if (b->options->cc)
		command_add_words(&c, b->options->cc);
	else
		command_add(&c, "%s", compile_is_cxx(source) ? "g++" : "gcc");
	flags_add(b, source, &c);
	b->objects[index] = (char *)build_text(b, "%s/%zu.o", b->folder, index);
	command_add(&c, "-c");
	command_add(&c, "%s", source);
	command_add(&c, "-o");
	command_add(&c, "%s", b->objects[index]);
	code = command_run(&c, b->options->verbose, err);
	command_deinit(&c);
	return code;
}

enum opus_code pass_compile(struct build *b, struct opus_error *err)
{
	enum opus_code code = sources_digest(b, err);

	if (code == OPUS_OK)
		code = folder_make(b, err);
	if (code != OPUS_OK)
		return code;
	b->objects = calloc(b->options->sources, sizeof(char *));
	if (!b->objects)
		return error_set(err, OPUS_RESOURCE, "out of memory");
	for (size_t i = 0; i < b->options->sources && code == OPUS_OK; i++)
		code = source_compile(b, i, err);
	return code;
}

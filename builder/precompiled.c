/*
 * precompiled.c - precompiled headers of clang, taken back to what they are made of.
 *
 * Called by:  capture.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * GCC is told of the header, and takes what is compiled of it if that lies beside.
 * clang is told of what is compiled: -include-pch F, or behind -Xclang (cmake). Of
 * that nothing can be preprocessed, and with the diff it is out of date. So the
 * header is put in its place: the one that the build was seen to compile, one
 * beside F, or the only one of that name in the tree.
 */
#define _XOPEN_SOURCE 700
#include <ftw.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "diff.h"
#include "image.h"
#include "path.h"

static const char *path_in(struct build *b, const char *folder, const char *path)
{
	char *joined = (char *)(*path == '/' ? build_text(b, "%s", path)
					     : build_text(b, "%s/%s", folder, path));

	path_clean(joined);
	return joined;
}

enum opus_code precompiled_note(struct build *b, const char *folder,
				const struct command *call, struct opus_error *err)
{
	struct diff *d = b->diff;
	const char *to = NULL, *from = NULL;
	struct precompiled *grown;

	for (size_t i = 1; i < call->count; i++) {
		const char *w = call->argv[i];

		if (strcmp(w, "-o") == 0 && i + 1 < call->count)
			to = call->argv[++i];
		else if (*w != '-' && path_is_header(w))
			from = w;
	}
	if (!to || !from || !path_has_suffix(to, (const char *const[]){".pch", NULL}))
		return OPUS_OK;
	grown = build_grow(d->precompiled, d->precompileds, sizeof(*grown));
	if (!grown)
		return error_set(err, OPUS_RESOURCE, "out of memory");
	d->precompiled = grown;
	grown[d->precompileds++] = (struct precompiled){path_in(b, folder, to),
							path_in(b, folder, from)};
	return OPUS_OK;
}

/* For nftw(), which hands nothing on: the name that is looked for, and what was
 * found. */
static struct {
	const char *name;
	char path[PATH_MAX];
	size_t count;
} search;

static int file_look(const char *path, const struct stat *st, int type, struct FTW *walk)
{
	(void)st;
	if (type == FTW_F && strcmp(path + walk->base, search.name) == 0 &&
	    strlen(path) < sizeof(search.path) && ++search.count == 1)
		strcpy(search.path, path);
	return 0;
}

/* The header that F was made of; NULL: not known. */
static const char *header_of(struct build *b, const char *folder, const char *f)
{
	const struct diff *d = b->diff;
	const char *path = path_in(b, folder, f), *dot = strrchr(path, '.');
	const char *beside = build_text(b, "%.*s", dot ? (int)(dot - path) : 0, path);

	for (size_t i = d->precompileds; i-- > 0;)
		if (strcmp(d->precompiled[i].path, path) == 0)
			return d->precompiled[i].header;
	if (access(beside, R_OK) == 0)
		return beside;
	search.name = path_base(beside);
	search.count = 0;
	nftw(d->view, file_look, 16, FTW_PHYS);
	return search.count == 1 ? build_text(b, "%s", search.path) : NULL;
}

/* "-Xclang WORD" at `i`? */
static bool is_passed_on(const struct command *call, size_t i, const char *word)
{
	return i + 1 < call->count && strcmp(call->argv[i], "-Xclang") == 0 &&
	       (!word || strcmp(call->argv[i + 1], word) == 0);
}

/* By way of a file of ours: told of a header with F beside it, clang takes F. */
static void header_add(struct build *b, struct command *ret, const char *header,
		       const char **last)
{
	uint8_t digest[DIGEST_SIZE];
	const char *way, *text = build_text(b, "#include \"%s\"\n", header);
	struct sha256 s;

	if (*last && strcmp(*last, header) == 0)
		return; /* cmake names both */
	*last = header;
	sha256_init(&s);
	sha256_add(&s, header, strlen(header));
	sha256_end(&s, digest);
	way = build_text(b, "%s/include-%02x%02x%02x%02x.h", b->folder, digest[0], digest[1],
			 digest[2], digest[3]);
	if (image_write(way, (const uint8_t *)text, strlen(text), NULL) != OPUS_OK)
		way = header;
	command_add(ret, "-include");
	command_add(ret, "%s", way);
}

void precompiled_expand(struct build *b, const char *folder, const struct command *call,
			struct command *ret)
{
	const char *last = NULL, *header;

	for (size_t i = 0; i < call->count; i++) {
		const char *w = call->argv[i];
		bool direct = strcmp(w, "-include-pch") == 0 && i + 1 < call->count;

		if (direct || (is_passed_on(call, i, "-include-pch") &&
			       is_passed_on(call, i + 2, NULL))) {
			i += direct ? 1 : 3;
			header = header_of(b, folder, call->argv[i]);
			if (header) {
				header_add(b, ret, header, &last);
				continue;
			}
			command_add(ret, "-include-pch");
			command_add(ret, "%s", call->argv[i]);
		} else if (is_passed_on(call, i, "-include") && is_passed_on(call, i + 2, NULL)) {
			i += 3;
			header_add(b, ret, path_in(b, folder, call->argv[i]), &last);
		} else {
			command_add(ret, "%s", w);
		}
	}
}

/*
 * capture.c - how the sources are compiled: what the build did, or a list.
 *
 * Called by:  pass_capture.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include <dirent.h>
#include <errno.h>
#include <json-c/json.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "compile.h"
#include "diff.h"
#include "facts.h"
#include "image.h"

/* Options whose argument is the next word. */
static bool takes_word(const char *word)
{
	static const char *const options[] = {
		"-o", "-I", "-D", "-U", "-include", "-include-pch", "-imacros", "-isystem",
		"-idirafter", "-iquote", "-iprefix", "-iwithprefix",
		"-iwithprefixbefore", "-isysroot", "-L", "-l", "-x", "-MF",
		"-MT", "-MQ", "-Xlinker", "-Xpreprocessor", "-Xassembler",
		"-Xclang", "-T", "-u", "-z", "-e", "-A", "-aux-info", "-dumpbase",
		"-dumpdir", "-dumpbase-ext", "--param", "-target", "-mllvm",
		"-specs", "-wrapper", "-arch", "-B", "-h", "-R", "-Ttext",
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (strcmp(word, options[i]) == 0)
			return true;
	return false;
}

static bool is_source(const char *word)
{
	const char *dot = strrchr(word, '.');

	return dot && (strcmp(dot, ".c") == 0 || compile_is_cxx(word));
}

static bool unit_is_known(const struct diff *d, const char *source,
			  const char *folder, const struct command *call)
{
	for (size_t i = 0; i < d->units; i++) {
		const struct unit *u = d->unit[i];
		size_t k = 0;

		if (strcmp(u->source, source) != 0 || strcmp(u->folder, folder) != 0 ||
		    u->call.count != call->count)
			continue;
		while (k < call->count && strcmp(u->call.argv[k], call->argv[k]) == 0)
			k++;
		if (k == call->count)
			return true;
	}
	return false;
}

static enum opus_code unit_add(struct build *b, const char *folder,
			       const struct command *call, const char *word,
			       const char *language, struct opus_error *err)
{
	struct diff *d = b->diff;
	const char *joined = *word == '/' ? build_text(b, "%s", word)
					  : build_text(b, "%s/%s", folder, word);
	char source[PATH_MAX];
	struct unit **grown, *u;
	size_t root = strlen(d->view);

	/* The probes of a configure script are gone, or the folder where cmake
	 * made them is. */
	if (!realpath(joined, source) || access(folder, X_OK) != 0 ||
	    unit_is_known(d, source, folder, call))
		return OPUS_OK;
	grown = build_grow(d->unit, d->units, sizeof(*grown));
	if (grown)
		d->unit = grown;
	u = grown ? calloc(1, sizeof(*u)) : NULL;
	if (!u)
		return error_set(err, OPUS_RESOURCE, "out of memory");
	grown[d->units++] = u;
	u->source = build_text(b, "%s", source);
	u->folder = build_text(b, "%s", folder);
	u->relative = strncmp(source, d->view, root) == 0 && source[root] == '/'
			      ? u->source + root + 1
			      : strrchr(u->source, '/') + 1;
	u->called = build_text(b, "%s", joined);
	u->spelled = build_text(b, "%s", word);
	path_clean((char *)joined);
	u->named = strncmp(joined, d->view, root) == 0 && joined[root] == '/'
			   ? joined + root + 1
			   : u->relative;
	u->cxx = language ? strncmp(language, "c++", 3) == 0
			  : compile_is_cxx(source) ||
				    strstr(strrchr(call->argv[0], '/') ? strrchr(call->argv[0], '/') : call->argv[0], "++");
	for (size_t i = 0; i < call->count; i++) {
		const char *a = call->argv[i];

		command_add(&u->call, "%s", a);
		if (strncmp(a, "-std=", 5) == 0 || strcmp(a, "-ansi") == 0)
			u->standard = build_text(b, "%s", a);
		if (strcmp(a, "-fPIC") == 0 || strcmp(a, "-fpic") == 0)
			u->pic = true;
	}
	return u->call.failed ? error_set(err, OPUS_RESOURCE, "out of memory")
			      : OPUS_OK;
}

/* One call of the compiler: a unit for each source that it names. */
static enum opus_code sources_add(struct build *b, const char *folder,
				  const struct command *call, struct opus_error *err)
{
	const char *language = NULL;
	enum opus_code code = OPUS_OK;

	for (size_t i = 1; i < call->count; i++) {
		const char *w = call->argv[i];

		/* What only preprocesses or asks makes no code. */
		if (strcmp(w, "-E") == 0 || strcmp(w, "-M") == 0 ||
		    strcmp(w, "-MM") == 0 || strcmp(w, "-fsyntax-only") == 0)
			return OPUS_OK;
	}
	for (size_t i = 1; i < call->count && code == OPUS_OK; i++) {
		const char *w = call->argv[i];

		if (strcmp(w, "-x") == 0 && i + 1 < call->count)
			language = strcmp(call->argv[i + 1], "none") == 0
					   ? NULL
					   : call->argv[i + 1];
		else if (strncmp(w, "-x", 2) == 0 && w[2])
			language = w + 2;
		if (takes_word(w)) {
			i++;
			continue;
		}
		if (*w == '-')
			continue;
		if (language ? strcmp(language, "c") == 0 || strcmp(language, "c++") == 0
			     : is_source(w))
			code = unit_add(b, folder, call, w, language, err);
	}
	return code;
}

static enum opus_code call_add(struct build *b, const char *folder,
			       const struct command *call, struct opus_error *err)
{
	struct command plain = {0};
	enum opus_code code = precompiled_note(b, folder, call, err);

	precompiled_expand(b, folder, call, &plain);
	if (code == OPUS_OK && plain.failed)
		code = error_set(err, OPUS_RESOURCE, "out of memory");
	if (code == OPUS_OK)
		code = sources_add(b, folder, &plain, err);
	command_deinit(&plain);
	return code;
}

static int is_record(const struct dirent *e)
{
	return e->d_name[0] != '.' && !strstr(e->d_name, ".tmp");
}

enum opus_code capture_read(struct build *b, const char *folder,
			    struct opus_error *err)
{
	struct dirent **list = NULL;
	int count = scandir(folder, &list, is_record, alphasort);
	enum opus_code code = OPUS_OK;

	if (count < 0)
		return error_set_errno(err, OPUS_UNREADABLE, "cannot read %s", folder);
	for (int i = 0; i < count; i++) {
		CLEANUP(cleanup_free) uint8_t *data = NULL;
		struct command call = {0};
		size_t size = 0, at;

		if (code == OPUS_OK)
			code = image_read(build_text(b, "%s/%s", folder, list[i]->d_name),
					  &data, &size, err);
		free(list[i]);
		if (code != OPUS_OK || size == 0 || data[size - 1] != 0)
			continue;
		at = strlen((char *)data) + 1;
		for (; at < size; at += strlen((char *)data + at) + 1)
			command_add(&call, "%s", (char *)data + at);
		if (call.count > 1)
			code = call_add(b, (char *)data, &call, err);
		command_deinit(&call);
	}
	free(list);
	return code;
}

static const char *json_text(struct json_object *o, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(o, key, &value)
		       ? json_object_get_string(value)
		       : NULL;
}

/* Words of the form @FILE stand for those in the file. */
static enum opus_code words_expand(struct build *b, const char *folder,
				   struct command *call, struct opus_error *err)
{
	struct command all = {0};
	enum opus_code code = OPUS_OK;

	for (size_t i = 0; i < call->count && code == OPUS_OK; i++) {
		CLEANUP(cleanup_free) uint8_t *data = NULL;
		const char *w = call->argv[i];
		size_t size;

		if (i == 0 || *w != '@' || !w[1]) {
			command_add(&all, "%s", w);
			continue;
		}
		code = image_read(w[1] == '/' ? w + 1
					      : build_text(b, "%s/%s", folder, w + 1),
				  &data, &size, err);
		if (code == OPUS_OK)
			command_add_words(&all, build_text(b, "%.*s", (int)size,
							   (char *)data));
	}
	command_deinit(call);
	*call = all;
	return code;
}

static enum opus_code json_entry(struct build *b, struct json_object *entry,
				 struct opus_error *err)
{
	const char *folder = json_text(entry, "directory");
	const char *text = json_text(entry, "command");
	struct json_object *words;
	struct command call = {0};
	enum opus_code code;

	if (json_object_object_get_ex(entry, "arguments", &words) &&
	    json_object_is_type(words, json_type_array))
		for (size_t i = 0; i < json_object_array_length(words); i++)
			command_add(&call, "%s", json_object_get_string(
				json_object_array_get_idx(words, i)));
	else
		command_add_words(&call, text);
	if (!folder)
		folder = b->diff->view;
	code = words_expand(b, folder, &call, err);
	if (code == OPUS_OK && call.count > 1)
		code = call_add(b, folder, &call, err);
	command_deinit(&call);
	return code;
}

enum opus_code capture_read_json(struct build *b, const char *path,
				 struct opus_error *err)
{
	struct json_object *list = json_object_from_file(path);
	enum opus_code code = OPUS_OK;

	if (!list || !json_object_is_type(list, json_type_array)) {
		json_object_put(list);
		return error_set(err, OPUS_INVALID,
				 "%s: is no list of compile commands: %s", path,
				 json_util_get_last_err() ? json_util_get_last_err()
							  : "not an array");
	}
	for (size_t i = 0; i < json_object_array_length(list) && code == OPUS_OK; i++)
		code = json_entry(b, json_object_array_get_idx(list, i), err);
	json_object_put(list);
	return code;
}

/*
 * hooks.c - sources with hooks that the operator gives beside a diff.
 *
 * Called by:  pass_tree.c, compare.c, constant.c, pass_emit.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * A changed first value of a variable that exists is refused, for nobody but its
 * author knows what the variable holds by now. A hook that names the variable is
 * the author's word on that. It is compiled as the first unit of the patch is, and
 * so finds the project's headers. Of several patches it goes with those of the
 * targets that have such a variable.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "diff.h"

static bool has_word(const struct text *t, const char *word)
{
	for (size_t i = 0; i < t->tokens; i++)
		if (t->token[i].kind == TOKEN_WORD && token_is(t, i, word))
			return true;
	return false;
}

static enum opus_code hook_read(struct build *b, const char *name, struct opus_error *err)
{
	struct diff *d = b->diff;
	char path[PATH_MAX];
	enum opus_code code;

	if (!realpath(name, path))
		return error_set_errno(err, OPUS_UNREADABLE, "cannot open %s", name);
	code = text_read(path, &d->hook_text[d->hooks], err);
	if (code != OPUS_OK)
		return code;
	d->hook[d->hooks] = build_text(b, "%s", path);
	if (has_word(&d->hook_text[d->hooks++], "OPUS_HOOK"))
		return OPUS_OK;
	return error_set(err, OPUS_INVALID, "%s: has no hook, that is OPUS_HOOK(...) of opus-patch(5)",
			 name);
}

enum opus_code hooks_read(struct build *b, struct opus_error *err)
{
	const struct build_options *o = b->options;
	struct diff *d = b->diff;
	enum opus_code code = OPUS_OK;

	d->hook = calloc(o->hooks + 1, sizeof(*d->hook));
	d->hook_text = calloc(o->hooks + 1, sizeof(*d->hook_text));
	d->hook_call = calloc(o->hooks + 1, sizeof(*d->hook_call));
	d->hook_for = calloc(o->hooks * b->targets + 1, sizeof(*d->hook_for));
	if (!d->hook || !d->hook_text || !d->hook_call || !d->hook_for)
		return error_set(err, OPUS_RESOURCE, "out of memory");
	for (size_t i = 0; i < o->hooks && code == OPUS_OK; i++)
		code = hook_read(b, o->hook[i], err);
	return code;
}

bool hooks_name(const struct build *b, size_t target, const char *variable)
{
	struct diff *d = b->diff;
	bool named = false;

	for (size_t i = 0; i < d->hooks; i++)
		if (has_word(&d->hook_text[i], variable))
			named = d->hook_for[i * b->targets + target] = true;
	return named;
}

const char *hooks_misplaced(const struct build *b)
{
	const struct diff *d = b->diff;

	for (size_t i = 0; i < d->hooks; i++) {
		bool placed = false, lost = false;

		for (size_t t = 0; t < b->targets; t++) {
			placed |= d->hook_for[i * b->targets + t];
			lost |= d->hook_for[i * b->targets + t] && !diff_reaches(d, t);
		}
		if (!placed || lost)
			return d->hook[i];
	}
	return NULL;
}

void hooks_take(struct build *b, size_t target)
{
	struct diff *d = b->diff;
	size_t kept = 0;

	for (size_t i = 0; i < d->hooks; i++) {
		if (!d->hook_for[i * b->targets + target]) {
			text_deinit(&d->hook_text[i]);
			continue;
		}
		d->hook[kept] = d->hook[i];
		d->hook_text[kept++] = d->hook_text[i];
	}
	d->hooks = kept;
}

enum opus_code hooks_add(struct build *b, const struct unit *u, struct opus_error *err)
{
	for (size_t i = 0; i < b->diff->hooks; i++) {
		struct build_source *grown = build_grow(b->source, b->sources, sizeof(*grown));
		struct command *call = calloc(1, sizeof(*call));

		if (grown)
			b->source = grown;
		if (!grown || !call) {
			free(call);
			return error_set(err, OPUS_RESOURCE, "out of memory");
		}
		unit_command(u, true, call);
		b->diff->hook_call[i] = call;
		grown[b->sources++] = (struct build_source){b->diff->hook[i], call};
	}
	return OPUS_OK;
}

void hooks_deinit(struct diff *d)
{
	for (size_t i = 0; i < d->hooks; i++) {
		text_deinit(&d->hook_text[i]);
		if (d->hook_call[i])
			command_deinit(d->hook_call[i]);
		free(d->hook_call[i]);
	}
	free(d->hook_for);
	free(d->hook_call);
	free(d->hook_text);
	free(d->hook);
}

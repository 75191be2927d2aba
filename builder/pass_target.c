/*
 * pass_target.c - open the targets.
 *
 * Called by:  build.c.  Needs the options; leaves build.target.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "code.h"

/* A debug file that fits no target is a mistake of the user's. */
static enum opus_code debug_used(const struct build *b, const char *path,
				 struct opus_error *err)
{
	for (size_t i = 0; i < b->targets; i++) {
		const struct object *o = b->target[i];

		if (o && ((o->debug_path && strcmp(o->debug_path, path) == 0) ||
			  (o->common_path && strcmp(o->common_path, path) == 0)))
			return OPUS_OK;
	}
	return error_set(err, OPUS_INVALID,
			 "%s: its build-id is that of no target: it belongs to another build",
			 path);
}

static bool target_twice(const struct build *b, const struct object *o)
{
	for (size_t i = 0; i < b->targets; i++) {
		const struct object *other = b->target[i];

		if (other && other->build_id_size == o->build_id_size &&
		    memcmp(other->build_id, o->build_id, o->build_id_size) == 0)
			return true;
	}
	return false;
}

enum opus_code pass_target(struct build *b, struct opus_error *err)
{
	const struct build_options *o = b->options;

	b->target = calloc(o->targets, sizeof(struct object *));
	b->facts = calloc(o->targets, sizeof(struct facts *));
	b->edges = calloc(o->targets, sizeof(struct code_edges));
	if (!b->target || !b->facts || !b->edges)
		return error_set(err, OPUS_RESOURCE, "out of memory");
	for (size_t i = 0; i < o->targets; i++) {
		struct object *target;
		enum opus_code code = object_open(o->target[i], o->debug,
						  o->debugs, &target, err);

		if (code != OPUS_OK)
			return code;
		if (target_twice(b, target)) {
			object_close(target);
			continue;
		}
		b->target[b->targets++] = target;
		if (o->verbose)
			fprintf(stderr, "opus-build: %s: %zu symbols, %zu frames, debug information %s%s\n",
				target->path, target->symbols, target->frames,
				target->dwarf ? "found" : "missing",
				target->debug_path ? " in a file of its own" : "");
	}
	for (size_t i = 0; i < o->debugs; i++) {
		enum opus_code code = debug_used(b, o->debug[i], err);

		if (code != OPUS_OK)
			return code;
	}
	return OPUS_OK;
}

/*
 * pass_plan.c - what was found out, as a plan inside the patch.
 *
 * Called by:  build.c.  Needs everything before it; leaves image with the plan.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "common/cleanup.h"

static void plan_info(struct build *b, struct plan_write *w)
{
	struct plan_info info = {
		.name = plan_write_string(w, b->name),
		.description = plan_write_string(w, b->description),
		.tool = plan_write_string(w, "opus-build " OPUS_RELEASE),
		.compiler = plan_write_string(w, b->compiler),
		.source = plan_write_string(w, b->source_digest),
	};

	plan_write_info(w, &info);
	for (size_t i = 0; i < b->labels; i++) {
		struct plan_label label = {
			.text = plan_write_string(w, b->label[i])};

		plan_write_label(w, &label);
	}
}

/* Only objects that matter are named: the agent wants all of them loaded.
 * `map` gets the index in the plan for each index in the build. */
static void plan_targets(const struct build *b, struct plan_write *w, uint32_t *map)
{
	for (size_t i = 0; i < b->replaces; i++)
		map[b->replace[i].target] = 1;
	for (size_t i = 0; i < b->refs; i++)
		map[b->ref[i].target] = 1;
	for (size_t i = 0; i < b->hooks; i++)
		for (size_t k = 0; k < b->hook[i].args; k++)
			if (b->hook[i].arg[k].type == PLAN_TYPE_ADDRESS)
				map[b->hook[i].arg[k].target] = 1;
	/* A patch of hooks alone still belongs to one program. */
	if (b->replaces == 0)
		map[0] = 1;
	for (size_t i = 0; i < b->targets; i++) {
		const struct object *o = b->target[i];
		struct plan_target t = {.machine = EM_X86_64};

		if (!map[i])
			continue;
		t.name = plan_write_string(w, o->name);
		t.build_id = plan_write_bytes(w, o->build_id, o->build_id_size);
		t.build_id_size = (uint32_t)o->build_id_size;
		map[i] = plan_write_target(w, &t);
	}
}

static void plan_entry(const struct replace *r, struct plan_write *w,
		       struct plan_func *f)
{
	const struct entry *e = &r->entry;

	f->jump_at = e->jump_at;
	f->length = e->length;
	f->moved = plan_write_bytes(w, e->moved, e->moved_size);
	f->moved_size = e->moved_size;
	f->fixup = plan_write_count(w, PLAN_TABLE_FIXUP);
	f->fixups = e->fixups;
	for (uint32_t i = 0; i < e->fixups; i++) {
		struct plan_fixup fixup = {.at = e->fixup[i].at,
					   .from = e->fixup[i].from,
					   .to = e->fixup[i].to};

		plan_write_fixup(w, &fixup);
	}
	f->point = plan_write_count(w, PLAN_TABLE_POINT);
	f->points = e->points;
	for (uint32_t i = 0; i < e->points; i++) {
		struct plan_point point = {.orig = e->point[i].orig,
					   .moved = e->point[i].moved};

		plan_write_point(w, &point);
	}
}

static void plan_func(const struct build *b, const struct replace *r,
		      struct plan_write *w, const uint32_t *map)
{
	uint32_t orig_size = r->entry.jump_at + r->entry.length;
	struct plan_func f = {
		.name = plan_write_string(w, r->name),
		.target = map[r->target],
		.entry = r->address,
		.orig = plan_write_bytes(
			w, object_bytes(b->target[r->target], r->address, orig_size),
			orig_size),
		.orig_size = orig_size,
		.range = plan_write_count(w, PLAN_TABLE_RANGE),
		.ranges = (uint32_t)r->ranges,
		.symbol = plan_write_string(w, r->thunk ? r->thunk : r->patch_name),
		.size = (uint32_t)r->function.size,
		.offset = r->function.offset,
	};

	for (size_t i = 0; i < r->ranges; i++) {
		struct plan_range range = {.start = r->range[i].start,
					   .end = r->range[i].end};

		plan_write_range(w, &range);
	}
	plan_entry(r, w, &f);
	plan_write_func(w, &f);
}

static void plan_refs(const struct build *b, struct plan_write *w,
		      const uint32_t *map)
{
	for (size_t i = 0; i < b->refs; i++) {
		const struct build_ref *r = &b->ref[i];
		struct plan_ref ref = {
			.place = r->place,
			.kind = r->kind,
			.target = map[r->target],
			.value = r->value,
			.addend = r->addend,
			.name = plan_write_string(w, r->name),
			.version = plan_write_string(w, r->version),
		};

		plan_write_ref(w, &ref);
	}
}

static void plan_hooks(const struct build *b, struct plan_write *w,
		       const uint32_t *map)
{
	for (size_t i = 0; i < b->hooks; i++) {
		const struct hook_note *h = &b->hook[i];
		struct plan_hook hook = {
			.kind = h->kind,
			.where = h->where,
			.symbol = plan_write_string(w, h->function),
			.arg = plan_write_count(w, PLAN_TABLE_ARG),
			.args = (uint32_t)h->args,
			.offset = h->found.offset,
		};

		for (size_t k = 0; k < h->args; k++) {
			const struct hook_arg *a = &h->arg[k];
			struct plan_arg arg = {
				.name = plan_write_string(w, a->name),
				.type = a->type,
				.text = plan_write_string(w, a->text),
				.target = map[a->target],
				.value = a->value,
			};

			plan_write_arg(w, &arg);
		}
		plan_write_hook(w, &hook);
	}
}

enum opus_code pass_plan(struct build *b, struct opus_error *err)
{
	struct plan_write w;
	CLEANUP(cleanup_free) void *section = NULL;
	size_t section_size, size;
	CLEANUP(cleanup_free) uint32_t *map = calloc(b->targets, sizeof(*map));
	void *image = NULL;
	enum opus_code code;

	if (!map)
		return error_set(err, OPUS_RESOURCE, "out of memory");
	plan_write_init(&w);
	plan_info(b, &w);
	plan_targets(b, &w, map);
	for (size_t i = 0; i < b->replaces; i++)
		plan_func(b, &b->replace[i], &w, map);
	plan_refs(b, &w, map);
	plan_hooks(b, &w, map);
	code = plan_write_section(&w, &section, &section_size, err);
	plan_write_deinit(&w);
	if (code == OPUS_OK)
		code = plan_write_embed(b->image, b->image_size, section,
					section_size, &image, &size, err);
	if (code != OPUS_OK)
		return code;
	free(b->image);
	b->image = image;
	b->image_size = size;
	return OPUS_OK;
}

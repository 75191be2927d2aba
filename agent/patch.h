/*
 * patch.h - a patch in the process: checked, loaded, and what state it is in.
 *
 * Included by: update.c, control.c, agent.c.
 * Runs on:     agent thread.
 * Locks:       the loader's and malloc's; never while threads are stopped.
 * Signal:      unsafe: heap, loader.
 */
#ifndef OPUS_PATCH_H
#define OPUS_PATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "common/plan.h"
#include "common/wire.h"
#include "object.h"

#define PATCH_MAX 1024

/* One function of a patch in this process. */
struct patch_item {
	uint32_t site;       /* index in table_sites */
	uintptr_t code;      /* the new function */
	struct patch_item *below; /* what it replaced: another patch's item, or
				   * NULL for the original function */
	struct patch_item *above; /* what has replaced it since */
	struct patch *patch;
};

/* Never freed: once loaded, its code may be referred to by pointers that the
 * host has stored, so a reverted patch stays and is used again. */
struct patch {
	char name[WIRE_NAME];
	char labels[WIRE_LABELS];
	uint8_t digest[DIGEST_SIZE];
	enum wire_patch_state state;
	uint64_t changed_at_ns; /* CLOCK_REALTIME */
	struct plan plan;
	void *file; /* read-only mapping that the plan points into */
	void *handle; /* of dlopen */
	uintptr_t base;
	uintptr_t code_start, code_end; /* all of its executable segments */
	struct patch_item *items; /* plan.func_count */
	uintptr_t *targets; /* load base per plan target */
	void **held;        /* handle of each, which keeps it loaded */
	bool kept; /* something refers to it: never to be freed */
};

extern struct patch *patch_list[PATCH_MAX];
extern uint32_t patch_count;

/* By name: the one that is applied, else the newest; NULL if there is none. */
struct patch *patch_by_name(const char *name);

/*
 * Check the file behind `fd` and load it, or find that it is loaded already
 * (same digest) and give that. Changes nothing in the host: the code is there
 * and is not reached. `fd` stays the caller's. objects_now must be fresh; it
 * is taken anew. `alone`: no other thread exists that could be in the loader.
 * Errors: OPUS_UNREADABLE, OPUS_INVALID, OPUS_NO_MATCH (build-id),
 * OPUS_BYTES_DIFFER, OPUS_ORDER (another patch of that name), OPUS_RESOURCE.
 */
enum opus_code patch_load(int fd, bool alone, struct patch **ret,
			  struct opus_error *err) MUST_CHECK;

/*
 * A thread of the host that sits in a constructor, under dlopen, holds the
 * loader's lock for as long as it likes, and there is no way to try the lock.
 * So a thread of its own waits for it; if it does not come back in time, it
 * ends whenever the lock is free. Errors: OPUS_BUSY, OPUS_RESOURCE.
 */
enum opus_code patch_loader_free(struct opus_error *err) MUST_CHECK;

/* Set the state and publish it in the beacon. */
void patch_set_state(struct patch *p, enum wire_patch_state state);

/* The item that is active at this site now, or NULL for the original. */
struct patch_item *patch_top(uint32_t site);
void patch_set_top(uint32_t site, struct patch_item *item);

#endif

/*
 * object.h - the loaded objects of the process and its memory map.
 *
 * Included by: patch.c, table.c, unwind.c, scan.c.
 * Runs on:     agent thread.
 * Locks:       object_snapshot() takes the loader's (dl_iterate_phdr); the
 *              rest takes none and may run while threads are stopped.
 * Signal:      unsafe: loader.
 */
#ifndef OPUS_OBJECT_H
#define OPUS_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

#define OBJECT_SEGMENTS 8
#define OBJECT_ID 32

struct object_segment {
	uintptr_t start, end;
	uint32_t flags; /* PF_R, PF_W, PF_X */
};

struct object {
	uintptr_t base; /* load base: address in memory minus address in the file */
	uintptr_t low, high; /* of all segments */
	struct object_segment segment[OBJECT_SEGMENTS];
	uint32_t segments;
	uint32_t build_id_size;
	uint8_t build_id[OBJECT_ID];
	uintptr_t unwind_table; /* .eh_frame_hdr, 0 if there is none */
	uint8_t unwind_start[64]; /* its first bytes, to know it again */
	char path[192]; /* as the loader knows it, or its beginning; "" for the main
			 * program */
};

/* All objects, as of the last snapshot. Owned by the agent thread. */
struct objects {
	struct object *list;
	uint32_t count;
	uint32_t capacity;
};

extern struct objects objects_now;

/* Take the list anew. Not while threads are stopped. */
enum opus_code object_snapshot(struct opus_error *err) MUST_CHECK;

/* Call `visit` for the build-id of each object that has one until it says true,
 * which is then the result. Under the loader's lock. */
bool object_any_id(bool (*visit)(const uint8_t *id, uint32_t size, void *data),
		   void *data);

/* The whole path of the object that is loaded there now: "" for the main program.
 * False if there is none, or no room. */
bool object_path(uintptr_t base, char *ret, size_t size) MUST_CHECK;

/* Object with this build-id, or NULL. */
const struct object *object_by_build_id(const uint8_t *id, uint32_t size);
/* The next one behind `o` with the build-id of `o`, or NULL. */
const struct object *object_twin(const struct object *o);
/* Object that holds the address, or NULL. */
const struct object *object_by_address(uintptr_t address);
/* Is [address, address + size) inside one segment with all of `flags`? */
bool object_covers(const struct object *o, uintptr_t address, size_t size,
		   uint32_t flags);

/* One line of /proc/self/maps. */
struct map_entry {
	uintptr_t start, end;
	bool readable;
	bool stack; /* [stack] */
};

struct map_list {
	struct map_entry *list;
	uint32_t count;
	uint32_t capacity;
	char *buffer; /* of file text, allocated with the list */
	size_t buffer_size;
	int error;    /* why it could not be read, errno; 0: it did not fit */
};

/* Make room for `count` entries; allocates, so not while stopped. */
enum opus_code map_reserve(struct map_list *m, uint32_t count,
			   struct opus_error *err) MUST_CHECK;
/* Read /proc/self/maps with raw system calls into reserved room; may run
 * while threads are stopped. False if it does not fit or cannot be read: `error`. */
bool map_read(struct map_list *m);
/* OPUS_RESOURCE, and why the last map_read() failed. */
enum opus_code map_unread(const struct map_list *m, struct opus_error *err);
/* Entry that holds the address, or NULL. */
const struct map_entry *map_find(const struct map_list *m, uintptr_t address);

#endif

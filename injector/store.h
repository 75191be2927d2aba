/*
 * store.h - put patches into the store, take them out, say what is there.
 *
 * Included by: injector/.
 * Runs on:     command.
 * Locks:       flock(2) on the store's folder while it is changed.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_INJECTOR_STORE_H
#define OPUS_INJECTOR_STORE_H

#include <limits.h>

#include "common/store.h"
#include "patch_file.h"

struct store {
	int fd;   /* -1: there is none, which is as good as an empty one */
	int lock; /* -1: open to read */
};

enum store_fit {
	STORE_FITS,      /* the object at `path` has this build-id */
	STORE_CHANGED,   /* it has another one now: upgraded */
	STORE_GONE,      /* nothing is there */
	STORE_UNKNOWN,   /* where the object is was never known */
};

struct store_entry {
	uint32_t number;
	char folder[STORE_ID];    /* build-id of the object */
	char file[STORE_NAME];
	bool enabled;
	bool readable;            /* a valid patch; else the rest is empty */
	char name[WIRE_NAME];
	char labels[WIRE_LABELS];
	uint8_t digest[32];
	char object[NAME_MAX + 1];
	char path[PATH_MAX];      /* where it was when the patch was added, or "" */
	enum store_fit fit;
	char aside[256];          /* who has set it aside, or "" */
};

struct store_list {
	struct store_entry *entries; /* in order of their numbers */
	size_t count;
};

/*
 * Open the store. To write, it is made if need be, and locked against others
 * that change it; store_deinit() in any case. Errors: OPUS_PERMISSION (also if
 * others may write to it), OPUS_RESOURCE.
 */
enum opus_code store_init(struct store *s, bool write, struct opus_error *err)
	MUST_CHECK;
void store_deinit(struct store *s);

/* All entries. A file that is no patch is an entry that is not readable. */
enum opus_code store_read(const struct store *s, struct store_list *ret,
			  struct opus_error *err) MUST_CHECK;
void store_list_deinit(struct store_list *list);

/*
 * Put a patch into the store: whole or not at all, also if the machine stops
 * meanwhile. `path`: the object it changes, NULL if unknown: then processes
 * and the usual folders are looked at. OPUS_ALREADY if it is there (and was
 * enabled, if it was not). `ret` is its entry.
 * Errors: OPUS_ORDER (another patch of that name for the same object),
 * OPUS_NO_MATCH (`path` has another build-id), OPUS_RESOURCE (disk full).
 */
enum opus_code store_add(struct store *s, const struct patch_file *f,
			 const char *path, struct store_entry *ret,
			 struct opus_error *err) MUST_CHECK;

/* For all entries of that name; `*ret` is how many there were. Enabling one
 * also gives it another chance where it was set aside. Errors: OPUS_NO_PATCH,
 * OPUS_RESOURCE, OPUS_PERMISSION. */
enum opus_code store_remove(struct store *s, const char *name, size_t *ret,
			    struct opus_error *err) MUST_CHECK;
enum opus_code store_enable(struct store *s, const char *name, bool on,
			    size_t *ret, struct opus_error *err) MUST_CHECK;

/* store_path.c: build-id of a file in hex, "" if it has none. */
void store_file_id(const char *path, char ret[STORE_ID]);
/* store_path.c: an object named `object` with this build-id: in processes that
 * run, else in the usual folders. False if there is none. */
bool store_find_object(const struct plan *plan, const char *object,
		       const char *id, char ret[PATH_MAX]);

#endif

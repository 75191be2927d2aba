/*
 * module.h - the ELF objects of another process, and their symbols.
 *
 * Included by: injector/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 *
 * All is read from the memory of the process: its files may have been
 * replaced, or lie in another file system than ours.
 */
#ifndef OPUS_MODULE_H
#define OPUS_MODULE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/error.h"

enum module_kind {
	MODULE_OTHER,  /* the program and its libraries */
	MODULE_LIBC,
	MODULE_LOADER,
	MODULE_MALLOC, /* a library that provides malloc in place of libc */
};

struct module {
	uint64_t start, end; /* from its first mapping to its last */
	uint64_t first_end;  /* of that first one */
	uint64_t text_start, text_end; /* first executable mapping */
	uint64_t bias;
	uint64_t device, inode;
	enum module_kind kind;
	uint64_t symbols, strings, hash; /* addresses; 0: has none */
	struct { /* what DT_GNU_HASH begins with; no buckets: has none */
		uint32_t buckets, first, bloom, shift;
	} head;
	char path[256];
};

struct modules {
	pid_t view;
	struct module *list;
	size_t count;
	const struct module *libc, *loader;
	uint64_t entry;  /* the program's _start */
	bool own_malloc; /* the program itself defines malloc */
	bool executing;  /* execve(2) is not done yet */
};

/*
 * The objects in the text `maps` (changed on the way) of the process, with
 * what each is.
 * Errors: OPUS_NO_AGENT where no agent can ever be (no dynamic loader, another
 * libc than glibc, a 32-bit program), OPUS_RESOURCE, OPUS_PERMISSION.
 */
enum opus_code modules_init(struct modules *m, pid_t view, char *maps,
			    struct opus_error *err) MUST_CHECK;
void modules_deinit(struct modules *m);

/* Is the loader at work, at the start of the process or for dlopen(3)? Then not
 * all objects may be there, or not whole. */
bool modules_loading(const struct modules *m);

/* The same of a 64-bit process of which no more is wanted; `maps` is changed. */
bool modules_starting(pid_t view, char *maps);

/* Are other objects mapped by now? */
bool modules_changed(const struct modules *m);

/* Is it another program by now, or was it by the end of modules_init(), with a
 * loader elsewhere? */
bool modules_replaced(const struct modules *m);

/* The one that holds the address, or NULL. */
const struct module *modules_find(const struct modules *m, uint64_t address);

/* Address of an exported function, 0 if there is none. */
uint64_t module_symbol(const struct modules *m, const struct module *object,
		       const char *name);

/* Address of these bytes in the object's code, 0 if they are nowhere. */
uint64_t module_bytes(const struct modules *m, const struct module *object,
		      const void *bytes, size_t size);

#endif

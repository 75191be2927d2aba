/*
 * give.c - a folder of /proc and libunwind, as descriptors.
 *
 * Called by:  client.c.
 * Runs on:    command.
 * Locks:      the loader's.
 * Signal:     unsafe: heap, loader.
 *
 * A daemon that has called chroot(2), or lives in a container, sees neither our
 * /proc nor our libraries, but a descriptor is good in any root. The loader on
 * the other side takes files one by one and knows what is there already by its
 * DT_SONAME, hence a library comes after those that it needs.
 */
#include "give.h"

#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"

#define LIBUNWIND "libunwind-x86_64.so.8"
#define LIBRARIES 8 /* libunwind needs two */

/* Is this file of /proc/PID the same for the target and for us? */
static bool same(const char *name, const struct target *t)
{
	struct stat own, its;
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/%s", name);
	if (stat(path, &own) != 0)
		return false;
	snprintf(path, sizeof(path), "/proc/%d/%s", t->view, name);
	return stat(path, &its) == 0 && own.st_dev == its.st_dev &&
	       own.st_ino == its.st_ino;
}

static enum opus_code pass(struct client *c, enum wire_type type, const char *path,
			   int flags, struct opus_error *err)
{
	CLEANUP(cleanup_close) int fd = open(path, flags | O_CLOEXEC);
	struct wire_head head = {0};
	struct wire_result result;
	enum opus_code code;

	if (fd < 0)
		return OPUS_OK;
	code = client_send(c, type, &head, sizeof(head), fd, err);
	if (code == OPUS_OK)
		code = client_result(c, c->serial, NULL, NULL, &result, err);
	return code;
}

/* The paths of a loaded library and all that it needs, needed ones first;
 * libc and the loader are in every process. */
static void closure(const char *name, const char **paths, size_t *count)
{
	void *handle = dlopen(name, RTLD_LAZY | RTLD_LOCAL);
	const char *strings = NULL;
	struct link_map *map;

	if (!handle || dlinfo(handle, RTLD_DI_LINKMAP, &map) != 0)
		return;
	for (const ElfW(Dyn) *d = map->l_ld; d->d_tag != DT_NULL; d++)
		if (d->d_tag == DT_STRTAB)
			strings = (const char *)d->d_un.d_ptr;
	for (const ElfW(Dyn) *d = map->l_ld; d->d_tag != DT_NULL; d++)
		if (d->d_tag == DT_NEEDED && strings &&
		    strncmp(strings + d->d_un.d_val, "libc.", 5) != 0 &&
		    strncmp(strings + d->d_un.d_val, "ld-linux", 8) != 0)
			closure(strings + d->d_un.d_val, paths, count);
	for (size_t i = 0; i < *count; i++)
		if (strcmp(paths[i], map->l_name) == 0)
			return;
	if (*count < LIBRARIES)
		paths[(*count)++] = map->l_name; /* never closed: stays valid */
}

enum opus_code give(struct client *c, struct opus_error *err)
{
	const char *paths[LIBRARIES];
	enum opus_code code = OPUS_OK;
	size_t count = 0;
	char folder[32];

	snprintf(folder, sizeof(folder), "/proc/%d", c->t->pid);
	if (c->hello.needs & WIRE_NEEDS_PROC && same("ns/pid", c->t))
		code = pass(c, WIRE_PROC, folder, O_PATH | O_DIRECTORY, err);
	if (c->hello.needs & WIRE_NEEDS_UNWIND && !same("root", c->t))
		closure(LIBUNWIND, paths, &count);
	for (size_t i = 0; i < count && code == OPUS_OK; i++)
		code = pass(c, WIRE_LIBRARY, paths[i], O_RDONLY, err);
	return code;
}

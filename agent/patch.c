/*
 * patch.c - the patches of this process: loading, names, stacking, beacon.
 *
 * Called by:  update.c and control.c.
 * Runs on:    agent thread.
 * Locks:      the loader's (dlopen, dlsym) and malloc's.
 * Signal:     unsafe: heap, loader.
 */
#include "patch.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <libintl.h>
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "agent.h"
#include "arch/x86_64/futex.h"
#include "common/cleanup.h"
#include "control.h"
#include "descriptor.h"
#include "fork.h"
#include "lock.h"
#include "patch_check.h"
#include "proc.h"
#include "table.h"

struct patch *patch_list[PATCH_MAX];
uint32_t patch_count;
static struct patch_item *patch_tops[GATE_SITES];

#define FILE_MAX (256u << 20)

struct patch *patch_by_name(const char *name)
{
	struct patch *found = NULL;

	for (uint32_t i = patch_count; i-- > 0;) {
		struct patch *p = patch_list[i];

		if (strcmp(p->name, name) != 0)
			continue;
		if (p->state == WIRE_PATCH_APPLIED)
			return p;
		found = found ? found : p;
	}
	return found;
}

static struct patch *patch_by_digest(const uint8_t *digest)
{
	for (uint32_t i = 0; i < patch_count; i++)
		if (memcmp(patch_list[i]->digest, digest, DIGEST_SIZE) == 0)
			return patch_list[i];
	return NULL;
}

struct patch_item *patch_top(uint32_t site)
{
	return patch_tops[site];
}

void patch_set_top(uint32_t site, struct patch_item *item)
{
	patch_tops[site] = item;
}

static void beacon_fill(void)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < patch_count && n < BEACON_PATCHES; i++) {
		struct beacon_patch *b = &opus_beacon.patch[n++];
		const struct patch *p = patch_list[i];

		memcpy(b->name, p->name, sizeof(b->name));
		memcpy(b->digest, p->digest, sizeof(b->digest));
		b->state = p->state;
		b->functions = p->plan.func_count;
	}
	opus_beacon.patches = n;
}

void patch_set_state(struct patch *p, enum wire_patch_state state)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	p->state = state;
	p->changed_at_ns = (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
	beacon_begin();
	beacon_fill();
	beacon_end();
}

/* --- the file --- */

/* A private, sealed copy: the sender cannot change it once it was checked. */
static enum opus_code file_copy(int fd, int *ret, size_t *ret_size,
				struct opus_error *err)
{
	int copy CLEANUP(cleanup_close) = -1;
	struct stat st;
	off_t at = 0;

	if (fd < 0)
		return error_set(err, OPUS_RESOURCE,
			"the descriptor of the patch did not arrive: the process may have no more (RLIMIT_NOFILE), or is kept from this one (a security module)");
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return error_set(err, OPUS_UNREADABLE,
				 "what opus-send passed is not a regular file");
	if (st.st_size == 0)
		return error_set(err, OPUS_INVALID, "the patch file is empty");
	if (st.st_size > (off_t)FILE_MAX)
		return error_set(err, OPUS_INVALID,
				 "the patch file is larger than 256 MiB");
	copy = descriptor_high(lock_memfd("opus-patch", MFD_CLOEXEC |
							 MFD_ALLOW_SEALING));
	if (copy < 0)
		return error_set_errno(err, OPUS_RESOURCE, "memfd for the patch");
	while (at < st.st_size) {
		char buffer[65536];
		ssize_t n = pread(fd, buffer, sizeof(buffer), at);

		if (n <= 0)
			return error_set(err, OPUS_UNREADABLE,
					 "the patch file ended early or cannot be read");
		if (write(copy, buffer, (size_t)n) != n)
			return error_set_errno(err, OPUS_RESOURCE,
				"no memory to copy the patch%s",
				errno == EFBIG ? " (RLIMIT_FSIZE)" : "");
		at += n;
	}
	if (fcntl(copy, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE |
					     F_SEAL_SEAL) != 0)
		return error_set_errno(err, OPUS_RESOURCE, "sealing the patch");
	*ret_size = (size_t)st.st_size;
	*ret = fd_steal(&copy);
	return OPUS_OK;
}

/* --- loading --- */

#define LOADER_WAIT_NS 2000000000u
#define LOADER_HOLD_NS 50000000u /* in which nobody forks */

static void *loader_ask(void *state)
{
	/* Takes the loader's lock and gives it back. */
	(void)dlsym(RTLD_DEFAULT, "malloc");
	atomic_store((_Atomic uint32_t *)state, 1);
	futex_wake_all(state);
	return NULL;
}

enum opus_code patch_loader_free(struct opus_error *err)
{
	static _Atomic uint32_t got;
	static bool asked; /* one such thread still waits */
	uint64_t end = raw_now() + LOADER_WAIT_NS, now;
	uint64_t hold = end - LOADER_WAIT_NS + LOADER_HOLD_NS;
	pthread_t thread;

	if (!asked) {
		atomic_store(&got, 0);
		if (pthread_create(&thread, control_attributes(), loader_ask,
				   (void *)&got) != 0)
			return error_set(err, OPUS_RESOURCE,
				"the process may not have another thread (RLIMIT_NPROC, RLIMIT_AS, RLIMIT_DATA, RLIMIT_MEMLOCK, pids.max)");
	}
	fork_hold();
	for (asked = true; atomic_load(&got) == 0; ) {
		now = raw_now();
		if (now >= hold && hold < end) {
			fork_let();
			hold = end;
		}
		if (now >= end)
			return error_set(err, OPUS_BUSY,
				"the loader is busy: a thread of the process is inside dlopen, in a constructor perhaps; nothing changed");
		futex_wait(&got, 0, hold - now);
	}
	if (hold < end)
		fork_let();
	asked = false;
	return OPUS_OK;
}

/*
 * dlopen() takes objects of one name for the same without looking. The kernel
 * does not mind how often a slash or "/." stands in a path, so the number of
 * the patch is written in them, and every name is used once.
 */
static void load_name(int fd, char *ret, size_t size)
{
	static uint32_t serial;
	size_t at = (size_t)snprintf(ret, size, "/fd");

	serial++;
	for (int bit = 15; bit >= 0; bit--)
		at += (size_t)snprintf(ret + at, size - at, "%s",
				       serial >> bit & 1 ? "/." : "/");
	snprintf(ret + at, size - at, "/%d", fd);
}

/* dlopen() leaves no errno, but strerror(3)'s words at the end of its own, or only
 * its own (elf/dl-map-segments.h), in the language of the program. */
static bool is_lack(const char *words)
{
	static const int lacks[] = {EMFILE, ENFILE, ENOMEM};
	static const char *const own[] = {
		"out of memory", "failed to map segment from shared object",
		"cannot apply additional memory protection after relocation",
		"cannot create shared object descriptor",
	};
	/* With a reason behind it, it means that. */
	const char *open = dgettext("libc", "cannot open shared object file");
	size_t length = strlen(words), tail = strlen(open);

	if (length >= tail && strcmp(words + length - tail, open) == 0)
		return true;
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (strstr(words, dgettext("libc", own[i])))
			return true;
	for (size_t i = 0; i < sizeof(lacks) / sizeof(lacks[0]); i++)
		if (strstr(words, strerror(lacks[i])))
			return true;
	return false;
}

static enum opus_code loader_refused(const char *path, struct opus_error *err)
{
	const char *words = dlerror();

	if (words && is_lack(words))
		return error_set(err, OPUS_RESOURCE,
			"the loader lacks memory, mappings or descriptors (RLIMIT_AS, RLIMIT_DATA, vm.max_map_count, RLIMIT_NOFILE): %s",
			words);
	if (words && strstr(words, path) && strstr(words, strerror(ENOENT)))
		return error_set(err, OPUS_RESOURCE,
			"it has changed its root folder meanwhile (chroot), and sees no /proc; try again");
	return error_set(err, OPUS_INVALID, "the loader refuses it: %s", words);
}

static enum opus_code patch_open(struct patch *p, int fd, struct opus_error *err)
{
	struct link_map *map;
	char path[160];
	/* By numbers, not /proc/self: a debugger opens the name, too, and would
	 * get, and perhaps wait for, one of its own descriptors. */
	enum opus_code code = proc_enter(path, sizeof(path), err);

	if (code != OPUS_OK)
		return code;
	load_name(fd, path + strlen(path), sizeof(path) - strlen(path));
	p->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	proc_leave();
	if (!p->handle)
		return loader_refused(path, err);
	if (dlinfo(p->handle, RTLD_DI_LINKMAP, &map) != 0)
		return error_set(err, OPUS_INTERNAL, "dlinfo: %s", dlerror());
	p->base = map->l_addr;
	return object_snapshot(err);
}

static enum opus_code patch_describe(struct patch *p, struct opus_error *err)
{
	const struct object *o = NULL;

	for (uint32_t i = 0; i < objects_now.count; i++)
		if (objects_now.list[i].base == p->base)
			o = &objects_now.list[i];
	if (!o)
		return error_set(err, OPUS_INTERNAL, "the loaded patch is not found");
	p->code_start = UINTPTR_MAX;
	for (uint32_t i = 0; i < o->segments; i++) {
		const struct object_segment *s = &o->segment[i];

		if (!(s->flags & PF_X))
			continue;
		if (s->start < p->code_start)
			p->code_start = s->start;
		if (s->end > p->code_end)
			p->code_end = s->end;
	}
	return patch_check_loaded(p, o, err);
}

/* Find or make the sites of all functions; functions of one object that are
 * new are made together, in one near area. */
static enum opus_code patch_sites(struct patch *p, struct opus_error *err)
{
	uint32_t count = p->plan.func_count;
	const struct plan_func **fresh CLEANUP(cleanup_free) =
		calloc(count + 1, sizeof(*fresh));
	uint32_t *where CLEANUP(cleanup_free) = calloc(count + 1, sizeof(*where));

	if (!fresh || !where)
		return error_set(err, OPUS_RESOURCE, "no memory for %u functions",
				 count);
	for (uint32_t t = 0; t < p->plan.target_count; t++) {
		uint32_t n = 0;
		enum opus_code code;

		for (uint32_t i = 0; i < count; i++) {
			const struct plan_func *f = &p->plan.func_records[i];

			if (f->target == t &&
			    table_find(p->targets[t] + f->entry) < 0)
				fresh[n++] = f;
		}
		if (n == 0)
			continue;
		code = table_add(&p->plan, fresh, n, p->targets[t], where, err);
		p->kept |= code == OPUS_OK;
		if (code != OPUS_OK)
			return code;
	}
	for (uint32_t i = 0; i < count; i++) {
		const struct plan_func *f = &p->plan.func_records[i];
		struct patch_item *item = &p->items[i];

		item->site = (uint32_t)table_find(p->targets[f->target] + f->entry);
		item->code = p->base + f->offset;
		item->patch = p;
	}
	return OPUS_OK;
}

static void patch_name(struct patch *p)
{
	size_t at = 0;

	snprintf(p->name, sizeof(p->name), "%s",
		 plan_string(&p->plan, p->plan.info->name));
	for (uint32_t i = 0; i < p->plan.label_count && at < sizeof(p->labels); i++)
		at += (size_t)snprintf(p->labels + at, sizeof(p->labels) - at,
				       "%s%s", i ? " " : "",
				       plan_string(&p->plan,
						   p->plan.label_records[i].text));
	memcpy(p->digest, p->plan.header->digest, DIGEST_SIZE);
}

static void patch_destroy(struct patch *p)
{
	/* Sites refer to the plan of the patch that made them. */
	if (!p || p->kept)
		return;
	fork_hold();
	if (p->handle)
		dlclose(p->handle);
	for (uint32_t i = 0; p->held && i < p->plan.target_count; i++)
		if (p->held[i])
			dlclose(p->held[i]);
	fork_let();
	if (p->file)
		munmap(p->file, p->plan.file_size);
	free(p->items);
	free(p->targets);
	free(p->held);
	free(p);
}

static enum opus_code patch_allocate(struct patch *p, struct opus_error *err)
{
	p->items = calloc(p->plan.func_count + 1, sizeof(*p->items));
	p->targets = calloc(p->plan.target_count + 1, sizeof(*p->targets));
	p->held = calloc(p->plan.target_count + 1, sizeof(*p->held));
	if (!p->items || !p->targets || !p->held)
		return error_set(err, OPUS_RESOURCE, "no memory for the patch");
	return OPUS_OK;
}

static enum opus_code patch_build(struct patch *p, int fd, bool alone,
				  struct opus_error *err)
{
	enum opus_code code = patch_allocate(p, err);

	if (code == OPUS_OK && !alone)
		code = patch_loader_free(err);
	fork_hold();
	if (code == OPUS_OK)
		code = object_snapshot(err);
	if (code == OPUS_OK)
		code = patch_check_file(p, err);
	if (code == OPUS_OK)
		code = patch_check_targets(p, err);
	if (code == OPUS_OK)
		code = patch_open(p, fd, err);
	if (code == OPUS_OK)
		code = patch_describe(p, err);
	if (code == OPUS_OK)
		code = patch_fill_refs(p, err);
	if (code == OPUS_OK)
		code = patch_sites(p, err);
	fork_let();
	return code;
}

enum opus_code patch_load(int fd, bool alone, struct patch **ret,
			  struct opus_error *err)
{
	int copy CLEANUP(cleanup_close) = -1;
	enum opus_code code;
	struct patch *p, *known;
	size_t size;
	void *file;

	code = file_copy(fd, &copy, &size, err);
	if (code != OPUS_OK)
		return code;
	if (patch_count == PATCH_MAX)
		return error_set(err, OPUS_RESOURCE,
			"the process has had %d patches, and takes no more",
			PATCH_MAX);
	p = calloc(1, sizeof(*p));
	if (!p)
		return error_set(err, OPUS_RESOURCE,
			"no memory for the patch (RLIMIT_AS, RLIMIT_DATA)");
	file = mmap(NULL, size, PROT_READ, MAP_SHARED, copy, 0);
	if (file == MAP_FAILED) {
		free(p);
		return error_set_errno(err, OPUS_RESOURCE, "mapping the patch");
	}
	code = plan_open(file, size, &p->plan, err);
	p->file = file;
	p->plan.file_size = size;
	if (code != OPUS_OK) {
		patch_destroy(p);
		return code;
	}
	patch_name(p);
	known = patch_by_digest(p->digest);
	if (known) {
		patch_destroy(p);
		*ret = known;
		return object_snapshot(err);
	}
	code = patch_build(p, copy, alone, err);
	if (code != OPUS_OK) {
		patch_destroy(p);
		return code;
	}
	patch_list[patch_count++] = p;
	*ret = p;
	return OPUS_OK;
}

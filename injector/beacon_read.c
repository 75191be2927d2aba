/*
 * beacon_read.c - find the agent's beacon in another process.
 *
 * Called by:  target.c, hurry.c, suspend.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * The beacon starts a page of a writable mapping of the agent's file, so one
 * process_vm_readv(2) fetches the first bytes of all pages of a mapping:
 *
 *      mapping   |page 0      |page 1      |page 2      |
 *      read       ^16 bytes    ^16 bytes    ^16 bytes
 *
 * What is found was written by another process, perhaps a hostile one: its
 * strings are ended and its numbers limited before anyone looks at them.
 */
#include "beacon_read.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>

#include "common/cleanup.h"
#include "watch.h"

#define MAGIC_SIZE sizeof(((struct beacon *)0)->magic)
#define BEACON_PAGES 256 /* of one mapping that are looked at */
#define BEACON_TRIES 200

bool beacon_path_matches(const char *path)
{
	const char *name = proc_basename(path);

	if (strncmp(name, "memfd:", 6) == 0)
		name += 6;
	return strncmp(name, BEACON_AGENT_FILE,
		       sizeof(BEACON_AGENT_FILE) - 1) == 0;
}

/* The writable mappings of the agent, one after the other. */
static bool next_mapping(char **cursor, struct proc_map *ret)
{
	while (proc_maps_next(cursor, ret))
		if (ret->writable && ret->readable && ret->is_private &&
		    beacon_path_matches(ret->path))
			return true;
	return false;
}

bool beacon_maps_have_agent(char *maps)
{
	struct proc_map map;

	/* Most processes have no agent: do not take their maps apart. */
	if (!strstr(maps, BEACON_AGENT_FILE))
		return false;
	return next_mapping(&maps, &map);
}

/* First bytes of some pages. False with errno. */
static bool page_starts(pid_t view, const uint64_t at[], size_t pages,
			char ret[][MAGIC_SIZE])
{
	struct iovec local = {ret, pages * MAGIC_SIZE};
	struct iovec remote[BEACON_PAGES] = {0};

	for (size_t i = 0; i < pages; i++) {
		remote[i].iov_base = (void *)(uintptr_t)at[i];
		remote[i].iov_len = MAGIC_SIZE;
	}
	if (process_vm_readv(view, &local, 1, remote, pages, 0) ==
	    (ssize_t)(pages * MAGIC_SIZE))
		return true;
	for (size_t i = 0; i < pages; i++)
		if (!proc_memory_read(view, at[i], ret[i], MAGIC_SIZE))
			return false;
	return true;
}

/* Address of the beacon in these pages, 0 with errno (0: no beacon there). */
static uint64_t pages_search(pid_t view, const uint64_t at[], size_t pages)
{
	char start[BEACON_PAGES][MAGIC_SIZE];

	errno = 0;
	if (!page_starts(view, at, pages, start))
		return 0;
	errno = 0;
	for (size_t i = 0; i < pages; i++)
		if (memcmp(start[i], BEACON_MAGIC, MAGIC_SIZE) == 0)
			return at[i];
	return 0;
}

/* Pages of a mapping that may not be in memory: whose file would be read. */
struct absent {
	pid_t view;
	const char *path;
	uint64_t at[BEACON_PAGES];
	size_t pages;
};

struct found {
	uint64_t at;
	int error;
};

static void absent_look(void *data, size_t i, void *ret)
{
	const struct absent *a = data;
	struct found *found = ret;

	(void)i;
	watch_note(a->path);
	found->at = pages_search(a->view, a->at, a->pages);
	found->error = errno;
}

/*
 * Address of the beacon in one mapping, 0 with errno (0: no beacon there). The agent
 * writes it at its start, so its page is there, in every process that has one; of
 * the file, which somebody may only have named so, nothing is read before that.
 */
static uint64_t mapping_search(pid_t view, const struct proc_map *map,
			       char note[WATCH_NOTE])
{
	struct absent a = {.view = view, .path = map->path};
	uint64_t there_at[BEACON_PAGES], at;
	bool there[BEACON_PAGES];
	struct found found = {0};
	size_t pages = (map->end - map->start) / BEACON_PAGE, count = 0;

	if (pages > BEACON_PAGES)
		pages = BEACON_PAGES;
	proc_memory_there(view, map->start, pages, there);
	for (size_t i = 0; i < pages; i++)
		*(there[i] ? &there_at[count++] : &a.at[a.pages++]) =
			map->start + i * BEACON_PAGE;
	at = count ? pages_search(view, there_at, count) : 0;
	if (at || (count && errno) || !a.pages)
		return at;
	if (!watch_one(absent_look, &a, &found, sizeof(found), note))
		found.error = ETIMEDOUT;
	errno = found.error;
	return found.at;
}

static enum opus_code memory_error(const char *note, struct opus_error *err)
{
	if (errno == ETIMEDOUT)
		return watch_silent(note, err);
	if (errno == EPERM || errno == EACCES)
		return error_set_errno(err, OPUS_PERMISSION,
			"its memory may not be read; run as root or as its "
			"user (with kernel.yama.ptrace_scope=1 only root may)");
	if (errno == ESRCH || errno == ENOENT)
		return error_set(err, OPUS_DIED,
				 "the process ended while it was looked at");
	/* The mapping was there a moment ago. */
	if (errno == EIO || errno == EFAULT)
		return error_set(err, OPUS_DIED,
			"the process ended or became another program while it was "
			"looked at");
	return error_set_errno(err, OPUS_INTERNAL, "cannot read its memory");
}

enum opus_code beacon_copy(pid_t view, uint64_t at, struct beacon *ret,
			   struct opus_error *err)
{
	static const struct timespec moment = {0, 50000};
	uint64_t sequence_at = at + offsetof(struct beacon, sequence);
	uint32_t after;

	for (int i = 0; i < BEACON_TRIES; i++) {
		if (!proc_memory_read(view, at, ret, sizeof(*ret)) ||
		    !proc_memory_read(view, sequence_at, &after, sizeof(after)))
			return memory_error("", err);
		if (after == ret->sequence && after % 2 == 0)
			return OPUS_OK;
		nanosleep(&moment, NULL);
	}
	return error_set(err, OPUS_NO_AGENT,
			 "the agent has been writing its beacon for too long "
			 "(is the process stopped?)");
}

enum opus_code beacon_check(struct beacon *b, struct opus_error *err)
{
	b->agent[sizeof(b->agent) - 1] = '\0';
	b->off_reason[sizeof(b->off_reason) - 1] = '\0';
	if (b->patches > BEACON_PATCHES)
		b->patches = BEACON_PATCHES;
	for (uint32_t i = 0; i < b->patches; i++)
		b->patch[i].name[WIRE_NAME - 1] = '\0';
	if (b->version != BEACON_VERSION || b->size < sizeof(*b) ||
	    b->wire_version != WIRE_VERSION)
		return error_set(err, OPUS_VERSION,
			"its agent %s has beacon %u and protocol %u, this "
			"program knows %d and %d; use the opus-send of the "
			"agent's version", b->agent, b->version,
			b->wire_version, BEACON_VERSION, WIRE_VERSION);
	if (!(b->flags & BEACON_READY) && b->flags & BEACON_OFF)
		return error_set(err, OPUS_NO_AGENT,
			"the agent has switched itself off: %s", b->off_reason);
	if (!(b->flags & BEACON_READY))
		return error_set(err, OPUS_NO_AGENT,
			"the agent is not ready: the process is still starting "
			"or its start failed");
	if (b->signal < 1 || b->signal > 64)
		return error_set(err, OPUS_NO_AGENT,
				 "the beacon is damaged (signal %u)", b->signal);
	return OPUS_OK;
}

enum opus_code beacon_read(pid_t view, char *maps, struct beacon *ret,
			   uint64_t *ret_at, struct opus_error *err)
{
	struct proc_map map;
	enum opus_code code;
	char note[WATCH_NOTE] = "";
	bool mapped = false;

	*ret_at = 0;
	if (strstr(maps, BEACON_AGENT_FILE))
		while (!*ret_at && next_mapping(&maps, &map)) {
			mapped = true;
			*ret_at = mapping_search(view, &map, note);
			if (!*ret_at && errno)
				return memory_error(note, err);
		}
	if (!mapped)
		return error_set(err, OPUS_NO_AGENT,
				 "it has no agent (%s is not loaded)",
				 BEACON_AGENT_FILE);
	if (!*ret_at)
		return error_set(err, OPUS_NO_AGENT,
			"%s is loaded, but has no beacon: it is not ours, or "
			"of an unknown version", BEACON_AGENT_FILE);
	code = beacon_copy(view, *ret_at, ret, err);
	if (code == OPUS_OK)
		code = beacon_check(ret, err);
	return code;
}

pid_t beacon_thread(pid_t pid)
{
	CLEANUP(cleanup_free) pid_t *tids = NULL;
	ssize_t count = proc_threads(pid, &tids);
	struct proc_status s;

	/* It is one of the youngest. */
	for (ssize_t i = count - 1; i >= 0; i--)
		if (proc_status_read(pid, tids[i], &s) &&
		    strcmp(s.name, BEACON_THREAD) == 0)
			return tids[i];
	return 0;
}

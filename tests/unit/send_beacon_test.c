/*
 * send_beacon_test.c - find beacons, right ones and others, in this process.
 *
 * Called by:  tests/run.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "injector/beacon_read.h"

static struct opus_error err;

/* A mapping of three pages of a memfd with the agent's name; the beacon is on
 * the second. */
static struct beacon *beacon_make(const char *file)
{
	int fd = memfd_create(file, 0);
	size_t size = 3 * 4096 + sizeof(struct beacon);
	struct beacon *b;
	uint8_t *at;

	cr_assert(fd >= 0);
	cr_assert_eq(ftruncate(fd, (off_t)size), 0);
	at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	cr_assert(at != MAP_FAILED);
	close(fd);
	b = (struct beacon *)(at + 4096);
	memcpy(b->magic, BEACON_MAGIC, sizeof(b->magic));
	b->version = BEACON_VERSION;
	b->size = sizeof(*b);
	b->wire_version = WIRE_VERSION;
	b->signal = 64;
	b->flags = BEACON_READY;
	b->patches = 1;
	snprintf(b->agent, sizeof(b->agent), "9.9");
	snprintf(b->patch[0].name, sizeof(b->patch[0].name), "fix");
	return b;
}

static enum opus_code look(struct beacon *ret, uint64_t *at)
{
	char *maps = proc_maps_read(getpid());
	enum opus_code code;

	cr_assert_not_null(maps);
	code = beacon_read(getpid(), maps, ret, at, &err);
	free(maps);
	return code;
}

Test(beacon, none)
{
	struct beacon b;
	uint64_t at;

	cr_assert_eq(look(&b, &at), OPUS_NO_AGENT);
	cr_assert_eq(at, 0);
	cr_assert(strstr(err.text, "no agent"));
}

Test(beacon, found_on_its_page)
{
	struct beacon *real = beacon_make("libopus-agent.so"), b;
	uint64_t at;

	cr_assert_eq(look(&b, &at), OPUS_OK, "%s", err.text);
	cr_assert_eq(at, (uint64_t)(uintptr_t)real);
	cr_assert_str_eq(b.agent, "9.9");
	cr_assert_str_eq(b.patch[0].name, "fix");
}

Test(beacon, a_file_of_another_name_is_not_looked_at)
{
	struct beacon b;
	uint64_t at;

	beacon_make("libother.so");
	cr_assert_eq(look(&b, &at), OPUS_NO_AGENT);
}

Test(beacon, gone_since_the_mappings_were_read)
{
	struct beacon *real = beacon_make("libopus-agent.so"), b;
	char *maps = proc_maps_read(getpid());
	uint64_t at;

	munmap((uint8_t *)real - 4096, 3 * 4096 + sizeof(b));
	cr_assert_eq(beacon_read(getpid(), maps, &b, &at, &err), OPUS_DIED, "%s",
		     err.text);
	free(maps);
}

Test(beacon, an_agent_without_beacon)
{
	struct beacon *real = beacon_make("libopus-agent.so.0.1"), b;
	uint64_t at;

	real->magic[9] ^= 1;
	cr_assert_eq(look(&b, &at), OPUS_NO_AGENT);
	cr_assert(strstr(err.text, "no beacon"), "%s", err.text);
}

Test(beacon, other_versions)
{
	struct beacon *real = beacon_make("libopus-agent.so"), b;
	uint64_t at;

	real->version++;
	cr_assert_eq(look(&b, &at), OPUS_VERSION);
	real->version--;
	real->wire_version += 5;
	cr_assert_eq(look(&b, &at), OPUS_VERSION);
	cr_assert(strstr(err.text, "9.9"));
	real->wire_version -= 5;
	real->size = sizeof(*real) - 1;
	cr_assert_eq(look(&b, &at), OPUS_VERSION);
	real->size = sizeof(*real) + 100;
	cr_assert_eq(look(&b, &at), OPUS_OK);
}

Test(beacon, not_ready_or_damaged)
{
	struct beacon *real = beacon_make("libopus-agent.so"), b;
	uint64_t at;

	real->flags = 0;
	cr_assert_eq(look(&b, &at), OPUS_NO_AGENT);
	real->flags = BEACON_OFF; /* from its start */
	strcpy(real->off_reason, "so old a libc");
	cr_assert_eq(look(&b, &at), OPUS_NO_AGENT);
	cr_assert(strstr(err.text, "so old a libc"));
	real->flags = BEACON_READY;
	real->signal = 65;
	cr_assert_eq(look(&b, &at), OPUS_NO_AGENT);
	real->signal = 0;
	cr_assert_eq(look(&b, &at), OPUS_NO_AGENT);
}

Test(beacon, in_the_middle_of_a_write)
{
	struct beacon *real = beacon_make("libopus-agent.so"), b;
	uint64_t at;

	real->sequence = 3;
	cr_assert_eq(look(&b, &at), OPUS_NO_AGENT);
	cr_assert(strstr(err.text, "writing"));
	real->sequence = 4;
	cr_assert_eq(look(&b, &at), OPUS_OK);
}

Test(beacon, hostile_contents_are_made_safe)
{
	struct beacon *real = beacon_make("libopus-agent.so"), b;
	uint64_t at;

	memset(real->agent, 'a', sizeof(real->agent));
	memset(real->patch[0].name, 'n', sizeof(real->patch[0].name));
	real->patches = 4000000000u;
	cr_assert_eq(look(&b, &at), OPUS_OK);
	cr_assert_eq(b.patches, BEACON_PATCHES);
	cr_assert_eq(strlen(b.patch[0].name), WIRE_NAME - 1);
	cr_assert_eq(strlen(b.agent), sizeof(b.agent) - 1);
}

Test(beacon, names_of_the_agents_file)
{
	cr_assert(beacon_path_matches("/usr/lib/libopus-agent.so"));
	cr_assert(beacon_path_matches("/x/libopus-agent.so.1 (deleted)"));
	cr_assert(beacon_path_matches("/memfd:libopus-agent.so (deleted)"));
	cr_assert(!beacon_path_matches("/libopus-agent.so/other"));
	cr_assert(!beacon_path_matches("/x/mylibopus-agent.so"));
	cr_assert(!beacon_path_matches(""));
}

Test(beacon, maps_with_an_agent)
{
	char with[] = "1000-2000 r--p 0 00:01 9 /x/libopus-agent.so\n"
		      "2000-3000 rw-p 0 00:01 9 /x/libopus-agent.so\n";
	char without[] = "1000-2000 r--p 0 00:01 9 /x/libopus-agent.so\n";

	cr_assert(beacon_maps_have_agent(with));
	cr_assert(!beacon_maps_have_agent(without));
}

/*
 * environment.c - put words into the environment and lose none that is there.
 *
 * Called by:  run_main.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include "environment.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"

#define AGENT_NAME "libopus-agent.so"

bool environment_agent(char *ret, size_t size)
{
	static const char *const places[] = {
		"", "../lib/opus-livepatch/",
		"../lib/x86_64-linux-gnu/opus-livepatch/",
	};
	char self[PATH_MAX], path[PATH_MAX + 64], real[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	self[n > 0 ? n : 0] = '\0';
	slash = strrchr(self, '/');
	if (!slash)
		return false;
	slash[1] = '\0';
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, sizeof(path), "%s%s%s", self, places[i], AGENT_NAME);
		if (realpath(path, real) && strlen(real) < size) {
			strcpy(ret, real);
			return true;
		}
	}
	return false;
}

/* Is there a word whose file is an agent? The loader takes both separators. */
static bool has_agent(const char *list)
{
	const char *at = list;

	while ((at = strstr(at, AGENT_NAME)) != NULL) {
		bool starts = at == list || strchr("/: ", at[-1]);

		at += strlen(AGENT_NAME);
		if (starts && (!*at || strchr(": .", *at)))
			return true;
	}
	return false;
}

enum opus_code environment_preload(const char *agent, char *ret, size_t size,
				   struct opus_error *err)
{
	const char *before = getenv("LD_PRELOAD");
	bool there = before && has_agent(before);
	int n;

	/* Last: a sanitizer's runtime insists on being the first. */
	n = snprintf(ret, size, "%s%s%s", before ? before : "",
		     before && *before && !there ? ":" : "", there ? "" : agent);
	if (n < 0 || (size_t)n >= size)
		return error_set(err, OPUS_USAGE, "LD_PRELOAD is too long");
	return OPUS_OK;
}

enum opus_code environment_append(const char *name, const char *text,
				  struct opus_error *err)
{
	const char *before = getenv(name);
	size_t size = (before ? strlen(before) : 0) + strlen(text) + 2;
	CLEANUP(cleanup_free) char *list = malloc(size);

	if (strchr(text, ':'))
		return error_set(err, OPUS_USAGE, "%.300s: a colon cannot be in it",
				 text);
	if (!list)
		return error_set(err, OPUS_RESOURCE, "no memory");
	snprintf(list, size, "%s%s%s", before ? before : "",
		 before && *before ? ":" : "", text);
	if (setenv(name, list, 1) != 0)
		return error_set_errno(err, OPUS_RESOURCE, "setenv");
	return OPUS_OK;
}

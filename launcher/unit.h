/*
 * unit.h - systemd's unit files, as far as patching is concerned.
 *
 * Included by: launcher/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_UNIT_H
#define OPUS_UNIT_H

#include <limits.h>
#include <stddef.h>

#include "common/error.h"

#define UNIT_DROP_IN "opus-livepatch.conf"

/* One assignment in [Service], with those of drop-ins behind the unit's own. */
struct unit_line {
	char *key;
	char *value;
};

struct unit {
	char name[256]; /* with its suffix */
	char path[PATH_MAX];
	struct unit_line *lines;
	size_t count;
};

/*
 * Read a service, "nginx" or "nginx.service" or a path, with its drop-ins, from
 * the folders of systemd.unit(5) below `root` ("" for this machine).
 * unit_deinit() in any case. Errors: OPUS_NO_TARGET, OPUS_UNREADABLE.
 */
enum opus_code unit_init(struct unit *u, const char *root, const char *name,
			 struct opus_error *err) MUST_CHECK;
void unit_deinit(struct unit *u);

/* The value that counts, of a setting that has one; NULL if it is not set. */
const char *unit_value(const struct unit *u, const char *key);
/* Is a switch on? "yes", "true", "on", "1" as systemd has it. */
bool unit_on(const struct unit *u, const char *key);
/* Go through the words of a list, which an empty assignment begins anew. `*at`
 * is 0 at first; NULL at the end. The word is good until the next call. */
struct unit_words {
	size_t line;
	const char *rest;
	char word[PATH_MAX];
};
const char *unit_word(const struct unit *u, const char *key,
		      struct unit_words *at);

/* What the drop-in says: see --follow of opus-run. `follow_not`: patterns
 * separated by colons, or "". */
struct unit_wish {
	const char *agent;
	bool follow;
	char follow_not[PATH_MAX];
};

/* Write, or remove, the drop-in that gives the agent to the service; `ret` is
 * its path. Errors: OPUS_RESOURCE, OPUS_PERMISSION, OPUS_ALREADY. */
enum opus_code unit_enable(const struct unit *u, const char *root,
			   const struct unit_wish *wish, char ret[PATH_MAX],
			   struct opus_error *err) MUST_CHECK;
enum opus_code unit_disable(const struct unit *u, const char *root,
			    char ret[PATH_MAX], struct opus_error *err) MUST_CHECK;

/* Say what each setting of the service means for patching, on standard output.
 * OPUS_NO_AGENT if one of them is in the way. */
enum opus_code unit_check(const struct unit *u, const char *root,
			  const char *agent) MUST_CHECK;

/* Tell each limit of the service for which the agent may find no room, by
 * `told`: `in_the_way` if no update is possible with it. `text` is for people. */
typedef void unit_limit_fn(void *data, const char *key, bool in_the_way,
			   const char *text);
void unit_limits(const struct unit *u, unit_limit_fn *told, void *data);

/* The command `opus-run unit ...`; returns its exit status. */
int unit_main(int argc, char **argv);

#endif

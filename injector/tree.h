/*
 * tree.h - who started whom, and which unit a process belongs to.
 *
 * Included by: injector/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_TREE_H
#define OPUS_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* All processes of a moment. */
struct tree_node {
	pid_t pid, parent;
	uint64_t start; /* clock ticks since the machine's start: with pid, a
			 * process and no other */
};

struct tree {
	struct tree_node *nodes; /* in ascending order of their ids */
	size_t count;
};

/* False, with errno, if /proc cannot be read or there is no memory. */
bool tree_init(struct tree *t);
void tree_deinit(struct tree *t);

const struct tree_node *tree_find(const struct tree *t, pid_t pid);
/* Is `pid` the process `root`, or a descendant? */
bool tree_is_below(const struct tree *t, pid_t pid, pid_t root);
/* How many ancestors it has. */
unsigned int tree_depth(const struct tree *t, pid_t pid);

/* Parent and start time in the text of /proc/PID/stat; false if it is none. */
bool tree_stat_parse(const char *text, struct tree_node *ret);

/* Is this unit a component of a path in the text of /proc/PID/cgroup? A name
 * without a dot means a service, as for systemctl(1). */
bool tree_cgroup_has(const char *text, const char *unit);
/* The same for a process. */
bool tree_in_unit(pid_t pid, const char *unit);

#endif

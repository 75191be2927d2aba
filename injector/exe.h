/*
 * exe.h - which processes run a program that the user names?
 *
 * Included by: injector/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_EXE_H
#define OPUS_EXE_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

/* A program, whose file may have been replaced or be gone. */
struct exe {
	const char *name; /* its real path, or what the user said */
	char *real;       /* the same, or NULL */
	bool there;       /* `file` is known */
	struct stat file;
};

/*
 * A path, or a name without a slash. Such a one is a file in the working folder,
 * or what a shell would start, or a program in the folders of services; if there is
 * none, it means every program whose file has that name. `name` is kept.
 */
void exe_init(struct exe *e, const char *name);
void exe_deinit(struct exe *e);

/* Does the process run it? 1 yes, 0 no (or it has ended), -1 it may not be looked
 * at. May take for ever, see watch.h. */
int exe_runs(const struct exe *e, pid_t pid);

#endif

/*
 * store.h - the folder of patches that stay, as agent and opus-send see it.
 *
 * Included by: agent/, injector/.
 * Runs on:     any thread.
 * Locks:       none.
 * Signal:      unsafe: messages are formatted with vsnprintf.
 *
 *   STORE/                            owned by root, as all folders above it
 *     <build-id in hex>/              of the object that the patch changes
 *       000007-fix-range.opus         applied at start, in this order
 *       000008-fix-other.off          disabled
 *       000007-fix-range.info         for people: where the object was
 *     off                             if it exists, nothing is applied
 *     starts/                         anybody may add files, as in /tmp
 *       <build-id, 16 digits>.<uid>   how the starts of a program went
 */
#ifndef OPUS_STORE_H
#define OPUS_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "error.h"

#define STORE_FOLDER "/var/lib/opus-livepatch"
/* Environment: another folder, under the same conditions. */
#define STORE_VARIABLE "OPUS_LIVEPATCH_STORE"
#define STORE_OFF "off"
#define STORE_STARTS "starts"
#define STORE_ON_SUFFIX ".opus"
#define STORE_OFF_SUFFIX ".off"
#define STORE_INFO_SUFFIX ".info"
/* On the kernel's command line: nothing is applied at any start. */
#define STORE_KERNEL_WORD "opus_livepatch=off"
#define STORE_NAME 160 /* of a file in the store, NUL included */
#define STORE_ID 65    /* hex digits of a build-id, NUL included */

/* The folder: STORE_VARIABLE, unless the program has more rights than its
 * caller, else STORE_FOLDER. */
const char *store_folder(void);

void store_hex(const uint8_t *id, size_t size, char ret[STORE_ID]);

/* Number in front of a file's name, 0 if there is none. */
uint32_t store_number(const char *name);
/* Does `name` end in this suffix? */
bool store_has_suffix(const char *name, const char *suffix);

/*
 * Open a folder from the root on, looking at each on the way: it must belong
 * to root or to the user that this process acts for, and nobody else may write
 * to it, but for folders with the sticky bit such as /tmp. Symbolic links are
 * not followed. `*ret` is the caller's.
 * Errors: OPUS_NO_TARGET if it does not exist, OPUS_PERMISSION.
 */
enum opus_code store_open(const char *path, int *ret, struct opus_error *err)
	MUST_CHECK;

/* The same for a file or folder in an open one: no link, the right owner, not
 * writable by others. `flags` as of open(2). */
enum opus_code store_open_at(int folder, const char *name, int flags, int *ret,
			     struct opus_error *err) MUST_CHECK;

/* Is a switch on that forbids to apply anything at start? Its name, or NULL.
 * `folder` is the open store. */
const char *store_switched_off(int folder);

/*
 * How the starts of one program went, a line each in its file in starts/:
 *
 *   S PID TIME   begins; TIME is CLOCK_BOOTTIME in ms
 *   E PID        has ended by itself: patches do not keep it from starting
 *   X PID        the same, but left a child behind that may be the service
 *   A NUMBER     died too often: this patch is set aside from here on
 *
 * Lines are appended, each by one write(2), and need no lock.
 */
#define STORE_DEATHS 3           /* in a row */
#define STORE_SOON_MS 30000u     /* "at start": so long at most, as the next start shows */
#define STORE_ASIDE_MAX 32
#define STORE_STARTS_MAX 16384u  /* bytes; then it is begun anew */

struct store_starts {
	uint32_t deaths;  /* in a row, up to now */
	uint32_t aside[STORE_ASIDE_MAX]; /* numbers of patches */
	uint32_t aside_count;
};

/* Understand the text of such a file, which ends in NUL. `alive` tells whether
 * a process exists. */
void store_starts_read(const char *text, uint64_t now_ms, bool (*alive)(pid_t),
		       struct store_starts *ret);

#endif

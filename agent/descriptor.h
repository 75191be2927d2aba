/*
 * descriptor.h - descriptors in a table that belongs to the host.
 *
 * Included by: control.c, serve.h, text.c, patch.c, table.c.
 * Runs on:     agent thread; the child of fork().
 * Locks:       none.
 * Signal:      safe while threads are stopped: system calls only.
 */
#ifndef OPUS_DESCRIPTOR_H
#define OPUS_DESCRIPTOR_H

#include <stdbool.h>
#include <stdint.h>

/* One that is kept for longer than a call. fd -1: none. */
struct descriptor {
	int fd;
	uint64_t device, inode;
};

/* The same file above 0, 1 and 2, which a host that has closed them may still
 * write to. Takes `fd`, which may be an error (negative), and returns it then. */
int descriptor_high(int fd);
/* Take it and remember what it is. */
void descriptor_keep(struct descriptor *d, int fd);
/* Is it still what was taken? The host may have closed all that it does not
 * know (closefrom(3)), and opened a file of its own under this number. */
bool descriptor_ours(const struct descriptor *d);
/* Close it, unless it is the host's by now. */
void descriptor_close(struct descriptor *d);

#endif

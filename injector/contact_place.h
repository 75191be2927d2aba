/*
 * contact_place.h - where the agent of a process finds a socket of ours.
 *
 * Included by: injector/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_CONTACT_PLACE_H
#define OPUS_CONTACT_PLACE_H

#include "target.h"

/* Act as the target's user in the file system; `false` is back to ourselves. */
void contact_as_target(const struct target *t, bool yes);

/* Open the folder of that number, see WIRE_FOLDERS, below the target's root without
 * following any link; -1 with errno. */
int contact_folder_open(const struct target *t, unsigned int number);

/* Listen at a name in an open folder, or in the abstract namespace of the target's
 * network. The socket, or -1 with errno and nothing left behind. */
int contact_bind(const struct target *t, int dir, const char *name);
int contact_bind_abstract(const struct target *t, bool same_network,
			  const char *name);

/* Is the target in our network namespace? */
bool contact_network_is_ours(const struct target *t);

#endif

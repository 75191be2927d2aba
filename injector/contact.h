/*
 * contact.h - wake the agent of a process and get a connection to it.
 *
 * Included by: injector/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_CONTACT_H
#define OPUS_CONTACT_H

#include "limit.h"
#include "target.h"

/*
 * Make a socket where the process can reach it, send the contact signal to one
 * thread after the other until the agent has connected, check that it is the
 * agent of this process, and remove the socket. `*ret_fd` is the connection;
 * nothing else is left behind, whatever happens, but `limit`, which may have been
 * lifted: the caller puts it back. `attach`: where all threads block the signal,
 * their masks are opened for it meanwhile, by ptrace(2).
 *
 * The process is disturbed by one signal handler per attempt. Only to be
 * called after target_check_contact(): the signal kills a process that does
 * not catch it.
 * `ask`: call target_check_filter() before each signal.
 * Errors: its own, OPUS_NO_CONTACT, OPUS_DIED, OPUS_PERMISSION, OPUS_RESOURCE,
 * OPUS_CANCELLED (interrupted by a signal).
 */
enum opus_code contact_make(struct target *t, bool ask, bool attach,
			    struct limit *limit, int *ret_fd, struct opus_error *err) MUST_CHECK;

/*
 * Remove sockets of this project that lie in the same folders of the process'
 * root, are owned by us or by the process' user, are older than a few seconds
 * and on which nobody listens: those of senders that were killed.
 */
void contact_sweep(const struct target *t);
/* For all of a command whose socket had a path. */
void contact_sweep_all(const struct target_list *list);

/* Is this the name of a contact socket: "opus-" and 12 hex digits? */
bool contact_name_matches(const char *name);

/* si_value of the contact signal, see wire.h. */
uint64_t contact_value(unsigned int folder, uint64_t random);

#endif

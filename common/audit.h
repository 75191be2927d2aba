/*
 * audit.h - one record per patch that was applied, refused or reverted.
 *
 * Included by: agent/ (at start), injector/ (by command).
 * Runs on:     agent thread, the thread that starts, command.
 * Locks:       none; nothing is allocated.
 * Signal:      unsafe: text is formatted with snprintf.
 */
#ifndef OPUS_AUDIT_H
#define OPUS_AUDIT_H

#include <stdint.h>
#include <sys/types.h>

#include "error.h"

struct audit {
	const char *action;  /* "apply", "revert", "start" */
	const char *patch;   /* its name, or a file if the name is unknown */
	pid_t pid;           /* of the process, as the writer sees it */
	const char *command; /* its name */
	uint64_t pause_ns;   /* threads were stopped so long */
	const struct opus_error *result;
};

/*
 * Send the record to the journal, with fields of its own, or where there is
 * none to syslog. Never waits and never fails: a machine without either has
 * no record. Keeps errno.
 */
void audit_send(const struct audit *a);

/* The record as the journal wants it; returns its length. For tests. */
size_t audit_format(const struct audit *a, char *ret, size_t size);

#endif

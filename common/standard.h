/*
 * standard.h - descriptors 0, 1 and 2 of a command.
 *
 * Included by: commands; not by the agent.
 * Runs on:     command, before it opens anything.
 * Locks:       none.
 * Signal:      safe.
 */
#ifndef OPUS_STANDARD_H
#define OPUS_STANDARD_H

/*
 * Open those that whoever started the command left closed, as /dev/null: else the
 * first file or socket that the command opens gets the number, and its own messages
 * go there (POSIX, open: the lowest number that is free). Never fails: without
 * /dev/null all stays as it is.
 */
void standard_open(void);

#endif

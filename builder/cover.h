/*
 * cover.h - folders that a build may write into, behind private views.
 *
 * Included by: builder/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_COVER_H
#define OPUS_COVER_H

#include "diff.h"

/* A mount namespace of our own. False if the system gives none. */
bool cover_namespace(void);

/* Fill in diff.cover: the tree, and the folders outside of it that the build may
 * write into, in the order in which they have to be mounted. Errors:
 * OPUS_RESOURCE. */
enum opus_code covers_find(struct build *b, struct opus_error *err) MUST_CHECK;

/* Put a private view over the folder, and fill in `upper`, which is what is
 * written there. False if the system cannot. */
bool cover_mount(struct build *b, struct cover *c);

/* Lay new views over all, which have to have one, so that what is written from
 * now on can be taken away again by covers_pop(), that alone, once. False: the
 * system cannot, and only covers_pop() makes the tree whole again. */
bool covers_push(struct build *b);
bool covers_pop(struct build *b);

#endif

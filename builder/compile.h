/*
 * compile.h - which compiler, shared by the passes that compile and link.
 *
 * Included by: builder/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      safe: data only.
 */
#ifndef OPUS_COMPILE_H
#define OPUS_COMPILE_H

#include "build.h"
#include "proc.h"

/* True if the suffix of the file name says C++. */
bool compile_is_cxx(const char *source);
/* Is it C or C++, perhaps a header? */
bool compile_is_code(const char *path);

/* The command that links: --cc, or g++ if a source is C++, or gcc. It may be
 * several words. */
const char *compile_driver(const struct build *b);

#endif

/*
 * abi.h - what compiled code relies on in a type, as text to compare.
 *
 * Included by: parse.c, abi.c.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_ABI_H
#define OPUS_ABI_H

#include <clang-c/Index.h>
#include <stdbool.h>

/* How a value is passed and what it is made of, as far as code that was
 * compiled cares: names and qualifiers do not matter. The caller frees it; NULL
 * if memory ran out. */
char *abi_type(CXType t);

/* *detail becomes "size @offset:size ...": the record's own fields without their
 * names, for names do no harm; in C++ its bases and virtual functions too. *fields
 * has a line for each with its name, also of records within it that have no name,
 * for layout_compare(). The caller frees both, also when the result is false:
 * memory ran out. */
bool abi_layout(CXCursor record, CXType type, char **detail, char **fields);

/* The same as *detail with the fields of fields that are records instead of those.
 * The caller frees it; NULL if there is no such field, or memory ran out. */
char *abi_places(CXCursor record, CXType type);

#endif

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

/* "size @offset:size ...": the fields of a record without their names, for names
 * do no harm; in C++ its bases and virtual functions too. `flat`: of a field that is
 * a record the fields; NULL then if there is no such field. The caller frees it;
 * NULL if memory ran out. */
char *abi_layout(CXCursor record, CXType type, bool flat);

/* "\nname@offset\n..." of the fields that have a name. The caller frees it; NULL if
 * memory ran out. */
char *abi_fields(CXCursor record);

#endif

/*
 * fate.h - what becomes of a function or variable of a unit in the patch.
 *
 * Included by: builder/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 *
 * What the target has is the target's: code of the patch must see the process'
 * own data, never a copy of it. Where that cannot be brought about it is
 * refused.
 */
#ifndef OPUS_FATE_H
#define OPUS_FATE_H

#include "diff.h"

enum fate {
	FATE_KEEP,    /* as it is: code or data of the patch */
	FATE_REPLACE, /* the new function */
	FATE_REFER,   /* static in the target: OPUS_REF */
	FATE_EXTERN,  /* global in the target */
	FATE_GONE,    /* a definition that can only stand alone */
};

/* Both need facts about all names of the unit. Refusals are reported. */
enum fate fate_function(struct build *b, struct unit *u, const struct entity *f);
enum fate fate_variable(struct build *b, struct unit *u, const struct entity *v);

/* Has the target what the unit defines: a function as one, not only inlined? */
bool fate_has(struct build *b, const struct unit *u, const struct entity *e);

/* "OBJECT:path" of the unit, as lookup.h wants it. */
const char *fate_where(struct build *b, const struct unit *u);

/* What the target calls it: mangled where C++ does that. */
const char *fate_name(const struct entity *e);

/* Does the new function need an assembler name of its own? */
bool fate_is_labelled(const struct unit *u, const struct entity *f);

/* Has the function, in C++, a static variable that code makes when it is first
 * called? */
bool fate_is_guarded(struct build *b, const struct unit *u, const struct entity *f);

/* Of a variable that is new in the unit: has the target it all the same, from
 * another unit, as a global symbol? */
bool fate_is_moved(const struct build *b, const struct unit *u, const struct entity *v);

/* Did the old code give a variable another value than the first, for all that its text
 * says? */
bool fate_is_stored(const struct unit *u, const struct entity *v);

/* moved.c: the unit of the same target that the diff takes a variable from, which may be
 * this one, and in *ret what it was there; NULL if it is new, or is where it was. */
const struct unit *moved_from(const struct build *b, const struct unit *u,
			      const struct entity *v, const struct entity **ret);

#endif

/*
 * compare.h - one comparison of a unit before and after the diff.
 *
 * Included by: builder/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_COMPARE_H
#define OPUS_COMPARE_H

#include "diff.h"
#include "shape.h"

struct compare {
	struct build *b;
	struct unit *u;
	const struct text *old, *new; /* without lines, if they agree in count */
	const char *doubt; /* the name of a declaration that functions may read in
			    * another way, though their text is the same; or NULL */
	const char *made; /* the name of an inline function that another unit makes for the
			   * patch; or NULL */
	bool laid; /* a type with another layout was refused */
	const struct entity *held[2]; /* the first, old and new, that has another by what
				       * it holds; or NULL */
	bool told;   /* the compiler is told something else by a pragma */
	bool valued; /* the following were read */
	struct shapes old_values, new_values;
};

/* Does the range name the word, other than as a member? */
bool range_names(const struct text *t, uint32_t start, uint32_t end, const char *word);

/* The entity of that kind and mangled name; of several declarations the
 * definition, and the one with an initialiser or body. NULL if there is none. */
struct entity *counterpart(const struct parse *p, const struct entity *e);

/* Are the tokens of two ranges, by the offsets of old and new text, the same but
 * for line numbers? */
bool range_same(const struct compare *c, uint32_t old_start, uint32_t old_end,
		uint32_t new_start, uint32_t new_end);

/* Do they say the same of what code relies on? */
bool details_same(const struct entity *a, const struct entity *b);

/* laid.c: are the fields of a type where they were, and may it stand wherever an
 * old one does? */
bool laid_same(const struct entity *old, const struct entity *new);
/* Is it a typedef of a type that has a name and its fields there? That is told of. */
bool laid_has_name(const struct parse *p, const struct entity *e);
/* Warn of a field that has another name now. */
void laid_renamed(struct compare *c, const struct entity *old, const struct entity *new);
/* Does a field point to functions that are called in another way? */
bool laid_calls(const struct entity *old, const struct entity *new);
/* May a variable stand where the old one does? Not if its declaration asks for
 * another alignment. */
bool laid_stands(const struct compare *c, const struct entity *old,
		 const struct entity *new);
/* Refuse, or warn of, a type that is not laid_same(); says so in `laid`. */
void laid_refuse(struct compare *c, const struct entity *old, const struct entity *new);

/* doubt.c: are two declarations spelled the same, with the attributes behind them? */
bool declaration_same(const struct compare *c, const struct entity *old,
		      const struct entity *new);
/* These leave in `doubt` the name of what may mean something else. A declaration of
 * something that is passed and laid out as before: */
void declaration_doubt(struct compare *c, const struct entity *new);
/* A declaration of the old text, which has others of the thing or none: */
void gone_doubt(struct compare *c, const struct entity *old);
/* A function that the other one of the two texts has not: */
void overload_doubt(struct compare *c, const struct entity *e, const struct parse *other);

/* Where a declaration ends, with the attributes behind it: what is packed or aligned
 * is so by these. */
uint32_t attributed_end(const struct text *t, const struct entity *e);

/* alias.c: refuse a name that would be one of another function now. */
void alias_tell(struct compare *c, const struct entity *new);

/* The function of the unit's new source of which a declaration makes another name;
 * NULL: it does not. */
const struct entity *alias_of(const struct unit *u, const struct entity *f);

/* pragma.c: are there the same pragmas at the same places in two ranges of tokens
 * of old and new text? */
bool pragmas_same(const struct compare *c, size_t i, size_t i_end, size_t k, size_t k_end);
/* The first pragma of the unit that is another than before or at another place;
 * NULL if there is none. */
const char *pragma_differing(const struct compare *c);

/* aside.c: tell of assembly outside of functions that is another than before. */
void aside_compare(struct compare *c);
/* Does C++ look for names elsewhere than before? The words for it; else NULL. */
const char *using_differing(const struct compare *c);

/* inserted.c: has the unit nothing but new declarations, of names that it has
 * nowhere else? */
bool inserted_only(const struct compare *c);

/* numbered.c: is the name of a declaration of the new source made of a line
 * number? */
bool is_numbered(const struct compare *c, const struct entity *e);

/* numbered.c: what a declaration of the new source was in the old one, or NULL.
 * One with such a name is the one of the same content; if there is none, but one
 * that has gone, that is told. */
struct entity *counterpart_old(struct compare *c, const struct entity *e);

/* Every function of the unit that names `word` has to be new. Errors:
 * OPUS_RESOURCE. */
enum opus_code users_add(struct compare *c, const char *word,
			 struct opus_error *err) MUST_CHECK;

/* Has the variable, of the same type, the same first value in the compiled code?
 * "= { 0 }" is what it has without. Errors: OPUS_RESOURCE, OPUS_UNREADABLE. */
enum opus_code value_compare(struct compare *c, const struct entity *v, bool *ret,
			     struct opus_error *err) MUST_CHECK;

/* Refuse what a variable that exists would need: another size or first value. */
void variable_refuse(struct compare *c, const struct entity *old,
		     const struct entity *new);

/* constant.c: the content of `v`, constant data of the new source, is another
 * than before; so it comes along, with all through which it is read. Errors:
 * OPUS_RESOURCE. */
enum opus_code constant_renew(struct compare *c, struct entity *v,
			      struct opus_error *err) MUST_CHECK;

/* constant.c: an enumerator has another value. Errors: OPUS_RESOURCE. */
enum opus_code enumerator_renew(struct compare *c, const struct entity *old,
				const struct entity *new,
				struct opus_error *err) MUST_CHECK;

/* moved.c: has the unit lost something that another may have got? */
bool unit_loses(const struct unit *u);
/* moved.c: replace the functions of the target that the units have got from elsewhere,
 * and refuse variables that would not be what they are there. All units are compared.
 * Errors: OPUS_RESOURCE. */
enum opus_code moved_find(struct build *b, struct opus_error *err) MUST_CHECK;

/* added.c: warn of what is new and will not be found. */
void added_tell(struct compare *c, const struct entity *new);

#endif

/*
 * layout.c - are the fields of a record where they were?
 *
 * Called by:  laid.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     safe.
 *
 * The objects that exist are the old code's. That two fields of one size have
 * changed places shows in their names alone. A field that is only called otherwise
 * is told of, for another name may be another meaning; not so if it points to
 * functions: those that objects have there are called with what only the new ones
 * know.
 */
#include "layout.h"

#include <stddef.h>
#include <string.h>

/* A piece of a text. */
struct piece {
	const char *at;
	size_t length;
};

/* "2.name@64:8(int, pointer)", "name@virtual(_ZN1a4nameEv)" */
struct field {
	struct piece prefix, name; /* the name with its prefix */
	struct piece place;	   /* and size */
	struct piece kind;	   /* of functions, or empty */
};

static bool piece_same(struct piece a, struct piece b)
{
	return a.length == b.length && memcmp(a.at, b.at, a.length) == 0;
}

/* The field of the line at *text, which becomes the next one. */
static bool field_next(const char **text, struct field *ret)
{
	const char *at = *text, *end = at ? strchr(at, '\n') : NULL;
	const char *place, *kind;

	if (!end)
		return false;
	*text = end + 1;
	place = memchr(at, '@', (size_t)(end - at));
	kind = memchr(place, '(', (size_t)(end - place));
	ret->prefix.at = ret->name.at = at;
	ret->name.length = (size_t)(place - at);
	ret->prefix.length = ret->name.length;
	while (ret->prefix.length && at[ret->prefix.length - 1] != '.')
		ret->prefix.length--;
	ret->place = (struct piece){place, (size_t)((kind ? kind : end) - place)};
	ret->kind = (struct piece){kind ? kind : end, kind ? (size_t)(end - kind) : 0};
	return true;
}

static bool is_virtual(const struct field *f)
{
	return f->place.length == 8 && memcmp(f->place.at, "@virtual", 8) == 0;
}

/* The next virtual function. */
static bool virtual_next(const char **text, struct field *ret)
{
	while (field_next(text, ret))
		if (is_virtual(ret))
			return true;
	return false;
}

/* Has the table of virtual functions the rows that it had? */
static bool table_same(const char *old, const char *new, struct field *ret)
{
	struct field was, is;

	for (;;) {
		bool before = virtual_next(&old, &was), after = virtual_next(&new, &is);

		if (!before && !after)
			return true;
		*ret = after ? is : was;
		if (before != after || !piece_same(was.name, is.name) ||
		    !piece_same(was.kind, is.kind))
			return false;
	}
}

/* As bit-fields may be, which only make room. */
static bool is_nameless(const struct field *f)
{
	return f->name.length == f->prefix.length;
}

/* The field of a name at a place; *moved: there is one, at another place. */
static bool named_find(const char *text, const struct field *wanted, struct field *ret,
		       struct field *moved)
{
	struct field f;

	while (field_next(&text, &f)) {
		if (!piece_same(f.name, wanted->name))
			continue;
		if (piece_same(f.place, wanted->place)) {
			*ret = f;
			return true;
		}
		*moved = f;
	}
	return false;
}

/* The only field at a place, as it is in a structure. */
static bool placed_find(const char *text, const struct field *wanted, struct field *ret)
{
	struct field f;
	size_t count = 0;

	while (field_next(&text, &f))
		if (piece_same(f.prefix, wanted->prefix) &&
		    piece_same(f.place, wanted->place)) {
			*ret = f;
			count++;
		}
	return count == 1;
}

static bool kinds_differ(const struct field *a, const struct field *b)
{
	return a->kind.length && b->kind.length && !piece_same(a->kind, b->kind);
}

enum layout_change layout_compare(const char *old, const char *new,
				  const char **name, int *length)
{
	const char *all = old;
	struct field was, row;

	if (!old || !new || strcmp(old, new) == 0)
		return LAYOUT_SAME;
	if (!table_same(old, new, &row)) {
		*name = row.name.at;
		*length = (int)row.name.length;
		return LAYOUT_TABLE;
	}
	while (field_next(&old, &was)) {
		struct field is = {0}, moved = {0}, other;
		enum layout_change change = LAYOUT_SAME;

		if (is_nameless(&was) || is_virtual(&was))
			continue;
		if (named_find(new, &was, &is, &moved) ||
		    (!moved.name.at && placed_find(all, &was, &other) &&
		     placed_find(new, &was, &is)))
			change = kinds_differ(&was, &is) ? LAYOUT_KIND : LAYOUT_SAME;
		else if (moved.name.at)
			change = LAYOUT_MOVED;
		if (change == LAYOUT_SAME)
			continue;
		is = change == LAYOUT_MOVED ? moved : is;
		*name = is.name.at + is.prefix.length;
		*length = (int)(is.name.length - is.prefix.length);
		return change;
	}
	return LAYOUT_SAME;
}

bool layout_renamed(const char *old, const char *new, const char *name[2], int length[2])
{
	const char *all = old;
	struct field was, is, moved = {0}, other;

	if (!old || !new || strcmp(old, new) == 0)
		return false;
	while (field_next(&old, &was)) {
		if (is_nameless(&was) || is_virtual(&was) ||
		    named_find(new, &was, &is, &moved) || !placed_find(all, &was, &other) ||
		    !placed_find(new, &was, &is) || is_nameless(&is))
			continue;
		name[0] = was.name.at + was.prefix.length;
		length[0] = (int)(was.name.length - was.prefix.length);
		name[1] = is.name.at + is.prefix.length;
		length[1] = (int)(is.name.length - is.prefix.length);
		/* In a structure of its own now. */
		if (length[0] == length[1] &&
		    memcmp(name[0], name[1], (size_t)length[0]) == 0)
			continue;
		return true;
	}
	return false;
}

/*
 * parse_call.c - which functions a function of C++ calls.
 *
 * Called by:  parse.c, pass_closure.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * In C a name is a function. In C++ every other class has an add(), and only the
 * compiler knows which of them a call means. A function is known by the place of
 * its first declaration, which all its declarations lead to.
 */
#include "parse_call.h"

#include <stdlib.h>

#include "build.h"

static bool is_function(CXCursor c)
{
	enum CXCursorKind kind = clang.getCursorKind(c);

	return kind == CXCursor_FunctionDecl || kind == CXCursor_CXXMethod ||
	       kind == CXCursor_Constructor || kind == CXCursor_Destructor ||
	       kind == CXCursor_ConversionFunction;
}

uint32_t parse_first(CXCursor c)
{
	CXCursor first = clang.getCanonicalCursor(c);
	uint32_t at;

	return parse_place(clang.getCursorLocation(first), &at) ? at : 0;
}

bool parse_call_note(struct parse *p, size_t caller, CXCursor c)
{
	enum CXCursorKind kind = clang.getCursorKind(c);
	struct parse_call *grown;
	CXCursor callee;

	if (kind != CXCursor_CallExpr && kind != CXCursor_DeclRefExpr &&
	    kind != CXCursor_MemberRefExpr)
		return true;
	callee = clang.getCursorReferenced(c);
	if (!is_function(callee))
		return true;
	grown = build_grow(p->call, p->calls, sizeof(*grown));
	if (!grown)
		return false;
	p->call = grown;
	grown[p->calls++] = (struct parse_call){(uint32_t)caller, parse_first(callee)};
	return true;
}

static int call_compare(const void *a, const void *b)
{
	const struct parse_call *x = a, *y = b;

	return x->caller != y->caller ? (x->caller < y->caller ? -1 : 1)
				      : (x->callee > y->callee) - (x->callee < y->callee);
}

void parse_calls_sort(struct parse *p)
{
	if (p->calls)
		qsort(p->call, p->calls, sizeof(*p->call), call_compare);
}

bool parse_calls(const struct parse *p, const struct entity *caller,
		 const struct entity *callee)
{
	struct parse_call key = {(uint32_t)(caller - p->entity), callee->first_at};

	return p->calls && callee->first_at &&
	       bsearch(&key, p->call, p->calls, sizeof(key), call_compare);
}

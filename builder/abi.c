/*
 * abi.c - what compiled code relies on in a type, as text to compare.
 *
 * Called by:  parse.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include "abi.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clang.h"

char *abi_type(CXType t)
{
	char *ret = NULL;
	const char *kind;

	t = clang.getCanonicalType(t);
	switch (t.kind) {
	case CXType_Void:
		return strdup("void");
	case CXType_Pointer:
	case CXType_LValueReference:
	case CXType_RValueReference:
		return strdup("pointer");
	case CXType_FunctionProto:
	case CXType_FunctionNoProto: {
		CXType result = clang.getResultType(t);
		int count = clang.getNumArgTypes(t);

		ret = abi_type(result);
		for (int i = 0; i < count && ret; i++) {
			char *argument = abi_type(clang.getArgType(t, i));
			char *longer = NULL;

			if (asprintf(&longer, "%s, %s", ret,
				     argument ? argument : "?") < 0)
				longer = NULL;
			free(argument);
			free(ret);
			ret = longer;
		}
		if (ret && clang.isFunctionTypeVariadic(t) &&
		    t.kind == CXType_FunctionProto) {
			char *longer = NULL;

			if (asprintf(&longer, "%s, ...", ret) < 0)
				longer = NULL;
			free(ret);
			ret = longer;
		}
		return ret;
	}
	case CXType_Float:
	case CXType_Double:
	case CXType_LongDouble:
	case CXType_Float128:
		kind = "float";
		break;
	case CXType_Record: {
		CXString name = clang.getTypeSpelling(t);
		const char *text = clang.getCString(name);
		/* "(unnamed struct at FILE:7:8)" moves with the lines. */
		int n = asprintf(&ret, "%s %lld", strchr(text, '(') ? "record" : text,
				 (long long)clang.Type_getSizeOf(t));

		clang.disposeString(name);
		return n < 0 ? NULL : ret;
	}
	default:
		kind = "value";
	}
	if (asprintf(&ret, "%s%lld", kind, (long long)clang.Type_getSizeOf(t)) < 0)
		ret = NULL;
	return ret;
}

/* "size @offset:size ...": fields without their names, for names do no harm. */
struct layout {
	char *text;
	size_t size;
	FILE *stream;
	bool flat;	/* the fields of fields instead of these */
	bool nested;	/* there are some */
	long long base; /* where the record is in the one that is asked for */
};

static enum CXChildVisitResult layout_field(CXCursor c, CXCursor parent,
					    CXClientData data);

/* A field that is a record: its own fields. */
static void layout_nested(struct layout *l, CXCursor field, CXType type)
{
	long long base = l->base;

	l->nested = true;
	l->base += clang.Cursor_getOffsetOfField(field);
	clang.visitChildren(clang.getTypeDeclaration(type), layout_field, l);
	l->base = base;
}

static enum CXChildVisitResult layout_field(CXCursor c, CXCursor parent,
					    CXClientData data)
{
	struct layout *l = data;
	enum CXCursorKind kind = clang.getCursorKind(c);
	CXType type = clang.getCanonicalType(clang.getCursorType(c));
	long long size = clang.Type_getSizeOf(clang.getCursorType(c));

	(void)parent;
	if (kind == CXCursor_FieldDecl && clang.Cursor_isBitField(c))
		fprintf(l->stream, " @%lld:%d-bit",
			l->base + clang.Cursor_getOffsetOfField(c),
			clang.getFieldDeclBitWidth(c));
	else if (kind == CXCursor_FieldDecl && l->flat && type.kind == CXType_Record)
		layout_nested(l, c, type);
	else if (kind == CXCursor_FieldDecl)
		fprintf(l->stream, " @%lld:%lld",
			l->base + clang.Cursor_getOffsetOfField(c), size);
	else if (kind == CXCursor_CXXBaseSpecifier)
		fprintf(l->stream, " base:%lld", size);
	else if (clang.CXXMethod_isVirtual(c))
		fprintf(l->stream, " virtual"); /* a row of the vtable */
	return CXChildVisit_Continue;
}

char *abi_layout(CXCursor record, CXType type, bool flat)
{
	struct layout l = {.flat = flat};

	l.stream = open_memstream(&l.text, &l.size);
	if (!l.stream)
		return NULL;
	fprintf(l.stream, "%lld", (long long)clang.Type_getSizeOf(type));
	clang.visitChildren(record, layout_field, &l);
	if (fclose(l.stream) == 0 && l.nested == flat)
		return l.text;
	free(l.text);
	return NULL;
}

static enum CXChildVisitResult field_name(CXCursor c, CXCursor parent, CXClientData data)
{
	CXString name;

	(void)parent;
	if (clang.getCursorKind(c) != CXCursor_FieldDecl)
		return CXChildVisit_Continue;
	name = clang.getCursorSpelling(c);
	if (*clang.getCString(name))
		fprintf(data, "%s@%lld\n", clang.getCString(name),
			(long long)clang.Cursor_getOffsetOfField(c));
	clang.disposeString(name);
	return CXChildVisit_Continue;
}

char *abi_fields(CXCursor record)
{
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	if (!stream)
		return NULL;
	fputc('\n', stream);
	clang.visitChildren(record, field_name, stream);
	if (fclose(stream) == 0)
		return text;
	free(text);
	return NULL;
}

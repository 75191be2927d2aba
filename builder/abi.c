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

/* A record whose fields are read, or one within it that has no name. */
struct reader {
	FILE *places; /* NULL: one within it */
	FILE *fields;
	char prefix[64]; /* of names in `fields`: where it is, "2.1." */
	unsigned int count; /* of bases, and of records within it */
	bool failed;
};

/* "(int, void)" of a pointer to functions, or of an array of them. */
static void kind_write(struct reader *r, CXType t)
{
	char *kind;

	t = clang.getCanonicalType(t);
	for (CXType e = clang.getArrayElementType(t); e.kind != CXType_Invalid;
	     e = clang.getArrayElementType(t))
		t = clang.getCanonicalType(e);
	if (t.kind != CXType_Pointer)
		return;
	t = clang.getCanonicalType(clang.getPointeeType(t));
	if (t.kind != CXType_FunctionProto)
		return;
	kind = abi_type(t);
	r->failed |= !kind;
	if (kind)
		fprintf(r->fields, "(%s)", kind);
	free(kind);
}

/* "@offset:size" of a field, whose record is at `base`. */
static void place_write(FILE *stream, long long base, CXCursor field)
{
	long long offset = base + clang.Cursor_getOffsetOfField(field);

	if (clang.Cursor_isBitField(field))
		fprintf(stream, "@%lld:%d-bit", offset, clang.getFieldDeclBitWidth(field));
	else
		fprintf(stream, "@%lld:%lld", offset,
			(long long)clang.Type_getSizeOf(clang.getCursorType(field)));
}

static void field_write(struct reader *r, CXCursor c)
{
	CXString name = clang.getCursorSpelling(c);

	fprintf(r->fields, "%s%s", r->prefix, clang.getCString(name));
	place_write(r->fields, 0, c);
	kind_write(r, clang.getCursorType(c));
	fputc('\n', r->fields);
	if (r->places) {
		fputc(' ', r->places);
		place_write(r->places, 0, c);
	}
	clang.disposeString(name);
}

static enum CXChildVisitResult member_read(CXCursor c, CXCursor parent,
					   CXClientData data);

/* A row of the table of virtual functions, or of the table that a base brings. */
static void virtual_write(struct reader *r, CXCursor c)
{
	CXString name = clang.getCursorSpelling(c);
	CXString mangled = clang.Cursor_getMangling(c);

	fprintf(r->places, " virtual");
	fprintf(r->fields, "%s@virtual(%s)\n", clang.getCString(name),
		clang.getCString(mangled));
	clang.disposeString(mangled);
	clang.disposeString(name);
}

static void base_write(struct reader *r, CXCursor c)
{
	CXString name = clang.getCursorSpelling(c);
	long long size = clang.Type_getSizeOf(clang.getCursorType(c));

	fprintf(r->places, " base:%lld", size);
	fprintf(r->fields, "%s@base %u:%lld\n", clang.getCString(name), r->count++, size);
	clang.disposeString(name);
}

/* "struct { ... } x;" is no type of its own that would be compared. */
static void inner_read(struct reader *r, CXCursor c)
{
	struct reader inner = {.fields = r->fields};
	CXString spelling = clang.getCursorSpelling(c);
	const char *name = clang.getCString(spelling);
	bool named = *name && !strchr(name, '(');

	clang.disposeString(spelling);
	if (named || snprintf(inner.prefix, sizeof(inner.prefix), "%s%u.", r->prefix,
			      r->count) >= (int)sizeof(inner.prefix))
		return;
	clang.visitChildren(c, member_read, &inner);
	r->failed |= inner.failed;
}

static enum CXChildVisitResult member_read(CXCursor c, CXCursor parent,
					   CXClientData data)
{
	struct reader *r = data;
	enum CXCursorKind kind = clang.getCursorKind(c);

	(void)parent;
	if (kind == CXCursor_FieldDecl)
		field_write(r, c);
	else if (kind == CXCursor_StructDecl || kind == CXCursor_UnionDecl)
		inner_read(r, c);
	else if (r->places && kind == CXCursor_CXXBaseSpecifier)
		base_write(r, c);
	else if (r->places && clang.CXXMethod_isVirtual(c))
		virtual_write(r, c);
	r->count += kind == CXCursor_StructDecl || kind == CXCursor_UnionDecl;
	return CXChildVisit_Continue;
}

bool abi_layout(CXCursor record, CXType type, char **detail, char **fields)
{
	struct reader r = {0};
	size_t length;

	r.places = open_memstream(detail, &length);
	r.fields = open_memstream(fields, &length);
	r.failed = !r.places || !r.fields;
	if (!r.failed) {
		fprintf(r.places, "%lld", (long long)clang.Type_getSizeOf(type));
		clang.visitChildren(record, member_read, &r);
	}
	if (r.places)
		r.failed |= fclose(r.places) != 0;
	if (r.fields)
		r.failed |= fclose(r.fields) != 0;
	return !r.failed;
}

/* --- with the fields of fields --- */

struct flat {
	FILE *stream;
	bool nested;	/* there are some */
	long long base; /* where the record is in the one that is asked for */
};

static enum CXChildVisitResult flat_field(CXCursor c, CXCursor parent,
					  CXClientData data);

/* A field that is a record: its own fields. */
static void flat_nested(struct flat *f, CXCursor field, CXType type)
{
	long long base = f->base;

	f->nested = true;
	f->base += clang.Cursor_getOffsetOfField(field);
	clang.visitChildren(clang.getTypeDeclaration(type), flat_field, f);
	f->base = base;
}

static enum CXChildVisitResult flat_field(CXCursor c, CXCursor parent,
					  CXClientData data)
{
	struct flat *f = data;
	enum CXCursorKind kind = clang.getCursorKind(c);
	CXType type = clang.getCanonicalType(clang.getCursorType(c));

	(void)parent;
	if (kind == CXCursor_FieldDecl && type.kind == CXType_Record) {
		flat_nested(f, c, type);
	} else if (kind == CXCursor_FieldDecl) {
		fputc(' ', f->stream);
		place_write(f->stream, f->base, c);
	} else if (kind == CXCursor_CXXBaseSpecifier) {
		fprintf(f->stream, " base:%lld", (long long)clang.Type_getSizeOf(type));
	} else if (clang.CXXMethod_isVirtual(c)) {
		fprintf(f->stream, " virtual"); /* a row of the vtable */
	}
	return CXChildVisit_Continue;
}

char *abi_places(CXCursor record, CXType type)
{
	struct flat f = {0};
	char *text = NULL;
	size_t size;

	f.stream = open_memstream(&text, &size);
	if (!f.stream)
		return NULL;
	fprintf(f.stream, "%lld", (long long)clang.Type_getSizeOf(type));
	clang.visitChildren(record, flat_field, &f);
	if (fclose(f.stream) == 0 && f.nested)
		return text;
	free(text);
	return NULL;
}

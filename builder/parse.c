/*
 * parse.c - what is declared and defined in a preprocessed unit, by libclang.
 *
 * Called by:  unit.c.
 * Runs on:    command.
 * Locks:      none; libclang is told to start no threads.
 * Signal:     unsafe: heap.
 */
#include "parse.h"
#include "parse_call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi.h"
#include "build.h"
#include "clang.h"
#include "common/cleanup.h"
#include "demangle.h"

/* GCC's names for types of the same meaning to us. They are not macros. */
static const char prelude[] =
	"typedef float _Float32; typedef double _Float64;\n"
	"typedef double _Float32x; typedef long double _Float64x;\n"
	"typedef __float128 _Float128;\n";
#define PRELUDE "/opus-prelude.h"
#define MAIN_C "/opus-unit.c"
#define MAIN_CXX "/opus-unit.cc"

struct visit {
	struct parse *parse;
	const char *function; /* around the cursor, or NULL */
	const char *owner;    /* the same, mangled */
	size_t index;	      /* of that entity */
	uint32_t block_end;
	bool nameless;	      /* inside an anonymous namespace */
	bool in_class;
	bool in_template;
	bool cxx;
	bool failed;
};

static enum CXChildVisitResult visit_outer(CXCursor c, CXCursor parent,
					   CXClientData data);
static enum CXChildVisitResult visit_inner(CXCursor c, CXCursor parent,
					   CXClientData data);

static char *string_take(CXString s)
{
	const char *text = clang.getCString(s);
	char *ret = strdup(text ? text : "");

	clang.disposeString(s);
	return ret;
}

bool parse_place(CXSourceLocation at, uint32_t *ret)
{
	CXFile file;
	unsigned int offset;
	CXString name;
	const char *path;
	bool ours;

	clang.getFileLocation(at, &file, NULL, NULL, &offset);
	if (!file)
		return false;
	name = clang.getFileName(file);
	path = clang.getCString(name);
	ours = path && strstr(path, "opus-unit.") != NULL;
	clang.disposeString(name);
	*ret = offset;
	return ours;
}

static struct entity *entity_add(struct visit *v, CXCursor c,
				 enum entity_kind kind)
{
	struct parse *p = v->parse;
	CXSourceRange range = clang.getCursorExtent(c);
	struct entity e = {.kind = kind, .length = -1, .returns = true};
	struct entity *grown;

	if (!parse_place(clang.getRangeStart(range), &e.start) ||
	    !parse_place(clang.getRangeEnd(range), &e.end) ||
	    !parse_place(clang.getCursorLocation(c), &e.name_at))
		return NULL;
	grown = build_grow(p->entity, p->entities, sizeof(*grown));
	if (!grown) {
		v->failed = true;
		return NULL;
	}
	p->entity = grown;
	e.name = string_take(clang.getCursorSpelling(c));
	e.linkage = strdup(e.name ? e.name : "");
	e.is_nameless = v->nameless;
	e.in_class = v->in_class;
	if (!e.name || !e.linkage)
		v->failed = true;
	grown[p->entities] = e;
	return &grown[p->entities++];
}

/* Types of one name in several C++ scopes are told apart by where they are. */
static void scope_set(const struct visit *v, struct entity *e, CXCursor c)
{
	if (!v->cxx)
		return;
	free(e->linkage);
	e->linkage = string_take(clang.getCursorUSR(c));
}

/* In C++ the mangled name is the identity; clang leaves it empty in C. */
static void linkage_set(struct entity *e, CXCursor c)
{
	char *mangled = string_take(clang.Cursor_getMangling(c));

	if (mangled && strncmp(mangled, "_Z", 2) == 0) {
		free(e->linkage);
		e->linkage = mangled;
	} else {
		free(mangled);
	}
}

/* Elements of arrays, however many dimensions. *constant: clang keeps the
 * qualifiers of elements at the array. */
static CXType type_element(CXType t, bool *constant)
{
	t = clang.getCanonicalType(t);
	*constant = clang.isConstQualifiedType(t) && !clang.isVolatileQualifiedType(t);
	while (t.kind == CXType_ConstantArray || t.kind == CXType_IncompleteArray ||
	       t.kind == CXType_VariableArray) {
		t = clang.getCanonicalType(clang.getArrayElementType(t));
		*constant |= clang.isConstQualifiedType(t) &&
			     !clang.isVolatileQualifiedType(t);
	}
	return t;
}

/* Is it "(unnamed struct at FILE:7:8)" or "(anonymous ...": a type without a name? */
static char *text_unnamed(char *text)
{
	char *at = text ? strstr(text, "(unnamed ") : NULL;

	return at || !text ? at : strstr(text, "(anonymous ");
}

/* How the type is spelled, without the places of those that have no name: they
 * move. */
static char *type_text(CXType t, bool *unnamed)
{
	char *text = string_take(clang.getTypeSpelling(t)), *at = text;

	*unnamed = false;
	while ((at = text_unnamed(at)) != NULL) {
		char *place = strstr(at, " at "), *end = place ? strchr(place, ')') : NULL;

		*unnamed = true;
		at++;
		if (end)
			memmove(place, end, strlen(end) + 1);
	}
	return text;
}

static void variable_describe(struct entity *e, CXCursor c)
{
	CXType t = clang.getCanonicalType(clang.getCursorType(c));
	CXType element = type_element(t, &e->is_const);
	enum CX_StorageClass storage = clang.Cursor_getStorageClass(c);
	CXCursor initialiser = clang.Cursor_getVarDeclInitializer(c);

	enum CXLinkageKind linkage = clang.getCursorLinkage(c);

	e->is_static |= storage == CX_SC_Static || linkage == CXLinkage_Internal;
	e->is_extern = storage == CX_SC_Extern;
	e->is_definition = !e->is_extern || !clang.Cursor_isNull(initialiser);
	e->is_scalar = element.kind == t.kind && element.kind != CXType_Record;
	e->is_record = element.kind == CXType_Record;
	e->is_thread = clang.getCursorTLSKind(c) != CXTLS_None;
	e->size = clang.Type_getSizeOf(t);
	e->detail = type_text(t, &e->is_unnamed);
	if (t.kind == CXType_ConstantArray)
		e->length = clang.getArraySize(t);
}

static bool is_class(CXCursor c)
{
	enum CXCursorKind kind = clang.getCursorKind(c);

	return kind == CXCursor_StructDecl || kind == CXCursor_ClassDecl ||
	       kind == CXCursor_UnionDecl || kind == CXCursor_ClassTemplate ||
	       kind == CXCursor_ClassTemplatePartialSpecialization;
}

/* Is it a member of a class template, or of a class in one? Then it has no mangled
 * name. */
static bool is_of_template(CXCursor c)
{
	for (c = clang.getCursorSemanticParent(c); is_class(c);
	     c = clang.getCursorSemanticParent(c))
		if (clang.getCursorKind(c) == CXCursor_ClassTemplate ||
		    clang.getCursorKind(c) == CXCursor_ClassTemplatePartialSpecialization)
			return true;
	return false;
}

static enum CXChildVisitResult find_body(CXCursor c, CXCursor parent,
					 CXClientData data)
{
	enum CXCursorKind kind = clang.getCursorKind(c);
	struct entity *e = data;

	(void)parent;
	if (kind == CXCursor_AsmLabelAttr && !e->label)
		e->label = string_take(clang.getCursorSpelling(c));
	if (kind == CXCursor_CompoundStmt || kind == CXCursor_CXXTryStmt)
		parse_place(clang.getRangeStart(clang.getCursorExtent(c)),
			 &e->body_at);
	return CXChildVisit_Continue;
}

static void visit_function(struct visit *v, CXCursor c)
{
	struct entity *e = entity_add(v, c, ENTITY_FUNCTION);
	enum CXCursorKind kind = clang.getCursorKind(c);
	CXCursor parent = clang.getCursorSemanticParent(c);
	struct visit inner = *v;
	size_t index;

	if (!e)
		return;
	index = v->parse->entities - 1;
	linkage_set(e, c);
	e->first_at = v->cxx ? parse_first(c) : 0;
	e->is_member = is_class(parent);
	e->is_static_word = !e->is_member &&
			    clang.Cursor_getStorageClass(c) == CX_SC_Static;
	/* The word may be in an earlier declaration alone (C11 6.2.2p5). */
	e->is_static = v->nameless || e->is_static_word ||
		       (!e->is_member && clang.getCursorLinkage(c) == CXLinkage_Internal);
	if (e->is_static)
		linkage_untag(e->linkage);
	e->is_extern = clang.Cursor_getStorageClass(c) == CX_SC_Extern;
	e->detail = abi_type(clang.getCursorType(c));
	e->is_inline = clang.Cursor_isFunctionInlined(c);
	e->is_virtual = clang.CXXMethod_isVirtual(c);
	e->is_definition = clang.isCursorDefinition(c);
	e->is_template = kind == CXCursor_FunctionTemplate || v->in_template ||
			 is_of_template(c);
	if (!e->is_definition)
		return;
	clang.visitChildren(c, find_body, e);
	inner.function = e->name;
	inner.owner = e->linkage;
	inner.index = index;
	inner.block_end = e->end;
	inner.in_class = false;
	clang.visitChildren(c, visit_inner, &inner);
	v->failed |= inner.failed;
	/* A definition without braces: = default, = delete. */
	if (!v->parse->entity[index].body_at)
		v->parse->entity[index].is_definition = false;
}

static void visit_variable(struct visit *v, CXCursor c)
{
	struct entity *e;

	/* A register with a name: what names it names no memory. */
	if (clang.Cursor_getStorageClass(c) == CX_SC_Register)
		return;
	e = entity_add(v, c, ENTITY_VARIABLE);
	if (!e)
		return;
	linkage_set(e, c);
	e->is_static = v->nameless;
	variable_describe(e, c);
	e->is_member = is_class(clang.getCursorSemanticParent(c));
	if (e->is_member)
		e->is_static = v->nameless;
	if (e->is_static && v->cxx)
		linkage_untag(e->linkage);
}

static void visit_record(struct visit *v, CXCursor c)
{
	struct entity *e;
	struct visit inner = *v;

	if (!clang.isCursorDefinition(c))
		return;
	e = entity_add(v, c, ENTITY_RECORD);
	if (!e)
		return;
	scope_set(v, e, c);
	e->is_definition = true;
	e->is_template = v->in_template ||
			 (clang.getCursorKind(c) != CXCursor_StructDecl &&
			  clang.getCursorKind(c) != CXCursor_UnionDecl &&
			  clang.getCursorKind(c) != CXCursor_ClassDecl);
	inner.in_template = e->is_template;
	e->size = clang.Type_getSizeOf(clang.getCursorType(c));
	e->align = clang.Type_getAlignOf(clang.getCursorType(c));
	v->failed |= !abi_layout(c, clang.getCursorType(c), &e->detail, &e->fields);
	e->places = abi_places(c, clang.getCursorType(c));
	inner.in_class = true;
	clang.visitChildren(c, visit_outer, &inner);
	v->failed |= inner.failed;
}

static void visit_enumerator(struct visit *v, CXCursor c)
{
	struct entity *e = entity_add(v, c, ENTITY_ENUMERATOR);

	if (e)
		scope_set(v, e, c);
	if (e && asprintf(&e->detail, "%lld",
			  (long long)clang.getEnumConstantDeclValue(c)) < 0)
		e->detail = NULL;
}

static void visit_typedef(struct visit *v, CXCursor c)
{
	struct entity *e = entity_add(v, c, ENTITY_TYPEDEF);

	CXType type = clang.getCanonicalType(clang.getTypedefDeclUnderlyingType(c));

	if (!e)
		return;
	scope_set(v, e, c);
	e->size = clang.Type_getSizeOf(type);
	e->align = clang.Type_getAlignOf(type);
	if (type.kind == CXType_Record) {
		v->failed |= !abi_layout(clang.getTypeDeclaration(type), type,
					 &e->detail, &e->fields);
		e->places = abi_places(clang.getTypeDeclaration(type), type);
	} else {
		e->detail = abi_type(type);
	}
}

static enum CXChildVisitResult visit_outer(CXCursor c, CXCursor parent,
					   CXClientData data)
{
	struct visit *v = data;
	struct visit inner = *v;

	(void)parent;
	switch ((int)clang.getCursorKind(c)) {
	case CXCursor_FunctionDecl:
	case CXCursor_CXXMethod:
	case CXCursor_Constructor:
	case CXCursor_Destructor:
	case CXCursor_ConversionFunction:
	case CXCursor_FunctionTemplate:
		visit_function(v, c);
		break;
	case CXCursor_VarDecl:
		visit_variable(v, c);
		break;
	case CXCursor_StructDecl:
	case CXCursor_UnionDecl:
	case CXCursor_ClassDecl:
	case CXCursor_ClassTemplate:
	case CXCursor_ClassTemplatePartialSpecialization:
		visit_record(v, c);
		break;
	case CXCursor_EnumConstantDecl:
		visit_enumerator(v, c);
		break;
	case CXCursor_TypedefDecl:
	case CXCursor_TypeAliasDecl:
		visit_typedef(v, c);
		break;
	case CXCursor_Namespace:
		inner.nameless |= clang.Cursor_isAnonymous(c) &&
				  !clang.Cursor_isInlineNamespace(c);
		clang.visitChildren(c, visit_outer, &inner);
		v->failed |= inner.failed;
		break;
	case CXCursor_EnumDecl:
	case CXCursor_LinkageSpec:
	case CXCursor_UnexposedDecl:
		return CXChildVisit_Recurse;
	default:
		break;
	}
	return CXChildVisit_Continue;
}

/* Inside a function: its static variables. */
static enum CXChildVisitResult visit_inner(CXCursor c, CXCursor parent,
					   CXClientData data)
{
	struct visit *v = data;
	enum CXCursorKind kind = clang.getCursorKind(c);
	struct entity *e;

	(void)parent;
	if (kind == CXCursor_CompoundStmt) {
		struct visit inner = *v;

		parse_place(clang.getRangeEnd(clang.getCursorExtent(c)),
			 &inner.block_end);
		clang.visitChildren(c, visit_inner, &inner);
		v->failed |= inner.failed;
		return CXChildVisit_Continue;
	}
	if (kind == CXCursor_VarDecl &&
	    clang.Cursor_getStorageClass(c) == CX_SC_Static) {
		e = entity_add(v, c, ENTITY_LOCAL);
		if (e) {
			variable_describe(e, c);
			e->is_static = true;
			e->function = strdup(v->function);
			e->owner = strdup(v->owner);
			v->failed |= !e->function || !e->owner;
			e->block_end = v->block_end;
		}
	}
	if (v->cxx && !parse_call_note(v->parse, v->index, c))
		v->failed = true;
	/* A class or struct within a function: its methods are code of it. */
	return CXChildVisit_Recurse;
}

/* libclang lets later declarators start at themselves, and "x(1)" end in front
 * of the parenthesis. */
static void extent_correct(const struct text *t, struct entity *e)
{
	size_t name = text_token_at(t, e->name_at), close;

	e->start = t->token[declaration_start(t, name)].at;
	if (!token_is(t, name + 1, "("))
		return;
	close = token_closing(t, name + 1);
	if (close < t->tokens && e->end < t->token[close].at + t->token[close].length)
		e->end = t->token[close].at + t->token[close].length;
}

/* GCC has "namespace __attribute__((...)) N {"; clang wants the name first, else it
 * takes it for a variable and knows nothing of what is in there. The text with blanks
 * there, or NULL if it has no such place (or there is no memory). */
static char *text_blanked(const struct text *t)
{
	char *copy = NULL;

	for (size_t i = 0; i < t->tokens; i++) {
		size_t name = i + 1;

		if (!token_is(t, i, "namespace"))
			continue;
		while (name + 1 < t->tokens && token_is_attribute(t, name))
			name = token_closing(t, name + 1) + 1;
		if (name == i + 1 || name >= t->tokens || t->token[name].kind != TOKEN_WORD)
			continue;
		if (!copy) {
			copy = malloc(t->size + 1);
			if (!copy)
				return NULL;
			memcpy(copy, t->bytes, t->size + 1);
		}
		memset(copy + t->token[i + 1].at, ' ',
		       t->token[name].at - t->token[i + 1].at);
	}
	return copy;
}

enum opus_code parse_text(const struct text *t, bool cxx, const char *standard,
			  struct parse *ret, struct opus_error *err)
{
	const char *args[12] = {"-x", cxx ? "c++" : "c", "-w", "-ferror-limit=0",
				"-fno-spell-checking"};
	int count = 5;
	CLEANUP(cleanup_free) char *blanked = cxx ? text_blanked(t) : NULL;
	struct CXUnsavedFile files[2] = {
		{cxx ? MAIN_CXX : MAIN_C, blanked ? blanked : t->bytes, t->size},
		{PRELUDE, prelude, sizeof(prelude) - 1},
	};
	struct visit v = {.parse = ret, .cxx = cxx};
	CXIndex index;
	CXTranslationUnit unit = NULL;
	enum CXErrorCode code;
	enum opus_code loaded;

	memset(ret, 0, sizeof(*ret));
	ret->cxx = cxx;
	loaded = clang_open(err);
	if (loaded != OPUS_OK)
		return loaded;
	setenv("LIBCLANG_NOTHREADS", "1", 1);
	if (standard)
		args[count++] = standard;
	if (!cxx) {
		args[count++] = "-include";
		args[count++] = PRELUDE;
	}
	index = clang.createIndex(0, 0);
	code = clang.parseTranslationUnit2(index, files[0].Filename, args, count,
					   files, 2,
					   CXTranslationUnit_KeepGoing, &unit);
	if (code == CXError_Success) {
		clang.visitChildren(clang.getTranslationUnitCursor(unit),
				    visit_outer, &v);
		clang.disposeTranslationUnit(unit);
	}
	clang.disposeIndex(index);
	if (code != CXError_Success)
		return error_set(err, OPUS_INVALID,
				 "libclang cannot read the preprocessed source (%d)",
				 (int)code);
	parse_calls_sort(ret);
	for (size_t i = 0; i < ret->entities; i++)
		if (ret->entity[i].kind == ENTITY_VARIABLE ||
		    ret->entity[i].kind == ENTITY_LOCAL)
			extent_correct(t, &ret->entity[i]);
	if (v.failed || !parse_index(ret)) {
		parse_deinit(ret);
		return error_set(err, OPUS_RESOURCE, "out of memory");
	}
	return OPUS_OK;
}

void parse_deinit(struct parse *p)
{
	for (size_t i = 0; i < p->entities; i++) {
		free(p->entity[i].name);
		free(p->entity[i].linkage);
		free(p->entity[i].label);
		free(p->entity[i].function);
		free(p->entity[i].owner);
		free(p->entity[i].detail);
		free(p->entity[i].places);
		free(p->entity[i].fields);
	}
	free(p->entity);
	free(p->call);
	free(p->slot);
	free(p->next);
	free(p->mangled);
	free(p->next_mangled);
	memset(p, 0, sizeof(*p));
}

/*
 * clang.h - libclang, loaded when it is wanted.
 *
 * Included by: builder/.
 * Runs on:     command.
 * Locks:       the loader's.
 * Signal:      unsafe: loader.
 *
 * It and the LLVM behind it take 40 ms to load, which only a diff needs: so
 * opus-build is not linked with it.
 */
#ifndef OPUS_CLANG_H
#define OPUS_CLANG_H

#include <clang-c/Index.h>

#include "common/error.h"

/* The functions that are used, without "clang_": F(name). */
#define CLANG_FUNCTIONS(F) \
	F(CXXMethod_isVirtual)						\
	F(Cursor_getMangling)						\
	F(Cursor_getOffsetOfField)					\
	F(Cursor_getStorageClass)					\
	F(Cursor_getVarDeclInitializer)					\
	F(Cursor_isAnonymous)						\
	F(Cursor_isBitField)						\
	F(Cursor_isFunctionInlined)					\
	F(Cursor_isInlineNamespace)					\
	F(Cursor_isNull)						\
	F(Type_getAlignOf)						\
	F(Type_getSizeOf)						\
	F(createIndex)							\
	F(disposeIndex)							\
	F(disposeString)						\
	F(disposeTranslationUnit)					\
	F(getArgType)							\
	F(getArrayElementType)						\
	F(getArraySize)							\
	F(getCString)							\
	F(getCanonicalCursor)						\
	F(getCanonicalType)						\
	F(getCursorExtent)						\
	F(getCursorKind)						\
	F(getCursorLinkage)						\
	F(getCursorLocation)						\
	F(getCursorReferenced)						\
	F(getCursorSemanticParent)					\
	F(getCursorSpelling)						\
	F(getCursorTLSKind)						\
	F(getCursorType)						\
	F(getCursorUSR)							\
	F(getEnumConstantDeclValue)					\
	F(getFieldDeclBitWidth)						\
	F(getFileLocation)						\
	F(getFileName)							\
	F(getNumArgTypes)						\
	F(getPointeeType)						\
	F(getRangeEnd)							\
	F(getRangeStart)						\
	F(getResultType)						\
	F(getTranslationUnitCursor)					\
	F(getTypeDeclaration)						\
	F(getTypeSpelling)						\
	F(getTypedefDeclUnderlyingType)					\
	F(isConstQualifiedType)						\
	F(isCursorDefinition)						\
	F(isFunctionTypeVariadic)					\
	F(isVolatileQualifiedType)					\
	F(parseTranslationUnit2)					\
	F(visitChildren)

struct clang {
#define F(name) __typeof__(&clang_##name) name;
	CLANG_FUNCTIONS(F)
#undef F
};

/* Valid after clang_open(). */
extern struct clang clang;

/* Load it, once. Errors: OPUS_RESOURCE: it is not there, with what to do. */
enum opus_code clang_open(struct opus_error *err) MUST_CHECK;

#endif

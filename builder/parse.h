/*
 * parse.h - what is declared and defined in a preprocessed unit, by libclang.
 *
 * Included by: builder/, tests/unit/.
 * Runs on:     command.
 * Locks:       none; libclang is told to start no threads.
 * Signal:      unsafe: heap.
 *
 * Offsets are into the text that was parsed. What libclang does not understand
 * of GCC's dialect costs single expressions, not the extents of definitions.
 */
#ifndef OPUS_PARSE_H
#define OPUS_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "lex.h"

enum entity_kind {
	ENTITY_FUNCTION,
	ENTITY_VARIABLE, /* of the file, or a static member of a class */
	ENTITY_LOCAL,	 /* static variable inside a function */
	ENTITY_RECORD,	 /* definition of a struct, union or class */
	ENTITY_ENUMERATOR,
	ENTITY_TYPEDEF,
};

struct entity {
	enum entity_kind kind;
	char *name;
	char *linkage;	/* mangled name; in C the name */
	char *label;	/* function definition: its name for the assembler, if the
			 * source says one; or NULL */
	char *function; /* ENTITY_LOCAL: name of the function around it */
	char *owner;	/* the same, mangled */
	char *detail;	/* what compiled code relies on. Record, typedef of one: size
			 * and places of fields; enumerator: value; function:
			 * how result and arguments are passed; variable: type */
	char *places;	/* record, typedef of one: the same with the fields of fields,
			 * if there are such; or NULL */
	char *fields;	/* record, typedef of one: its fields, see layout.h */
	uint32_t start, end; /* extent in the text */
	uint32_t name_at;
	uint32_t body_at;   /* of a function definition, else 0 */
	uint32_t first_at;  /* of a function of C++: its first declaration */
	uint32_t block_end; /* ENTITY_LOCAL: end of the block it is visible in */
	int64_t length;	    /* of an array variable, else -1 */
	int64_t size;	    /* record, typedef, variable */
	int64_t align;	    /* record, typedef */
	bool is_definition;
	bool is_static; /* declared static, or inside an anonymous namespace */
	bool is_static_word; /* declared static */
	bool is_nameless; /* inside an anonymous namespace */
	bool is_inline;
	bool is_extern;
	bool is_const;	/* its value, with all of its elements */
	bool is_scalar; /* no array, no record */
	bool is_record; /* or an array of records */
	bool is_unnamed; /* variable: of a type without a name */
	bool is_thread; /* thread-local */
	bool is_member; /* of a class */
	bool in_class;	/* defined within the braces of a class */
	bool is_template;
	bool is_virtual;
	bool returns; /* false: declared noreturn */
	bool renewed; /* constant.c: constant data with another content */
};

/* A function calls another, or takes its address. */
struct parse_call {
	uint32_t caller; /* index of the entity */
	uint32_t callee; /* entity.first_at */
};

struct parse {
	struct entity *entity; /* in the order of the text */
	size_t entities;
	struct parse_call *call; /* C++ alone; sorted */
	size_t calls;
	uint32_t *slot; /* hash table over names: index + 1 */
	uint32_t slots;
	uint32_t *next; /* next of the same name: index + 1 */
	uint32_t *mangled; /* as many slots: the first function of a mangled name */
	uint32_t *next_mangled; /* next of that slot: index + 1 */
	bool cxx;
};

/* Parse. `standard` is the -std= word of the command line or NULL. The caller
 * gives *ret back with parse_deinit(). Errors: OPUS_INVALID, OPUS_RESOURCE. */
enum opus_code parse_text(const struct text *t, bool cxx, const char *standard,
			  struct parse *ret, struct opus_error *err) MUST_CHECK;
void parse_deinit(struct parse *p);

/* parse.c alone: make what the next three look into. False: out of memory. */
bool parse_index(struct parse *p) MUST_CHECK;

/* The first entity of a name, length bytes; follow with parse_next(). */
struct entity *parse_find(const struct parse *p, const char *name, size_t length);
struct entity *parse_next(const struct parse *p, const struct entity *e);

/* The definition of a function by its mangled name, or NULL. In C the last one: a
 * gnu_inline definition may stand before the function itself. In C++ the first:
 * members of templates have no mangled names. */
struct entity *parse_function(const struct parse *p, const char *linkage);

/* C++: does one function call the other, or take its address? */
bool parse_calls(const struct parse *p, const struct entity *caller,
		 const struct entity *callee);

#endif

/*
 * plan.h - the plan inside a patch: what is replaced where, and by what.
 *
 * Included by: builder (writes it), agent and opus-send (read it).
 * Runs on:     any thread.
 * Locks:       none; the reader allocates nothing and writes nothing.
 * Signal:      unsafe: messages are formatted with vsnprintf.
 *
 * A patch is an ELF64 shared object for x86-64 with one extra section,
 * `.opus.plan`, that is not loaded. The section is a header, then tables of
 * fixed-size little-endian records, then strings and bytes:
 *
 *      +--------+------+-------+--------+------+- ... -+---------+-------+
 *      | header | INFO | LABEL | TARGET | FUNC |       | STRINGS | BYTES |
 *      +--------+------+-------+--------+------+- ... -+---------+-------+
 *        | `- per table: offset, count, record size, CRC-32C
 *        `--- SHA-256 of the whole file with these 32 bytes taken as zero
 *
 * The digest finds a file that was cut or changed on its way. The CRCs find a
 * record that was changed by a tool which made the digest right again. Neither
 * is a signature: whoever may deliver a patch may run code in the target
 * anyway. What the CRCs cannot see, a record that is well-formed and wrong, is
 * checked by the agent against the process: build-id, original bytes, segment
 * limits, symbols.
 *
 * The lists below are the only description of the format: structs, field
 * checks, `opus-send inspect` and the table in opus-patch(5) are made of them.
 *
 * "Module address" means a virtual address as in the ELF file of the target
 * (st_value), to which the load base is added; "patch address" is the same in
 * the patch itself.
 */
#ifndef OPUS_PLAN_H
#define OPUS_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "digest.h"
#include "error.h"

#define PLAN_MAGIC "OPUSPLAN"
#define PLAN_VERSION 1
#define PLAN_SECTION ".opus.plan"
/* Length of the jump that is written over an entry: jmp *slot(%rip). */
#define PLAN_JUMP_SIZE 6
/* Where only so many bytes are displaced (the first instruction is a call, to
 * behind which threads return): jmp rel32 to such a jump in the near area. */
#define PLAN_JUMP_SHORT 5
/* Prefix of undefined symbols that stand for something inside the target. */
#define PLAN_REF_PREFIX "opus.ref."
/* Section into which the macros of <opus-livepatch/patch.h> write. */
#define PLAN_NOTE_SECTION ".opus.note"

/* How plan_open() checks a field. STRING: offset in STRINGS. A BYTES field is
 * an offset in BYTES whose length is the next field, of kind LENGTH. FIRST is
 * an index into the table named by the next field, COUNT_<table>. INDEX_...:
 * an index into that table. ENUM_...: a value of that enum. */
enum plan_kind {
	PLAN_NUMBER,
	PLAN_STRING,
	PLAN_BYTES_AT,
	PLAN_LENGTH,
	PLAN_FIRST,
	PLAN_COUNT_RANGE,
	PLAN_COUNT_FIXUP,
	PLAN_COUNT_POINT,
	PLAN_COUNT_ARG,
	PLAN_INDEX_TARGET,
	PLAN_ENUM_REF,
	PLAN_ENUM_HOOK,
	PLAN_ENUM_WHERE,
	PLAN_ENUM_TYPE,
};

/* F(type, field, kind, description) */
#define PLAN_INFO_FIELDS(F)                                                    \
	F(uint32_t, name, PLAN_STRING, "name of the patch")                    \
	F(uint32_t, description, PLAN_STRING, "one line for people")           \
	F(uint32_t, tool, PLAN_STRING, "builder and version")                  \
	F(uint32_t, compiler, PLAN_STRING, "compiler and version")             \
	F(uint32_t, source, PLAN_STRING, "SHA-256 of the source, in hex")      \
	F(uint32_t, flags, PLAN_NUMBER, "reserved, 0")

#define PLAN_LABEL_FIELDS(F)                                                   \
	F(uint32_t, text, PLAN_STRING, "label, such as CVE-2021-41773")        \
	F(uint32_t, spare, PLAN_NUMBER, "reserved, 0")

#define PLAN_TARGET_FIELDS(F)                                                  \
	F(uint32_t, name, PLAN_STRING, "file name of the object, for people")  \
	F(uint32_t, build_id, PLAN_BYTES_AT, "GNU build-id")                   \
	F(uint32_t, build_id_size, PLAN_LENGTH, "its length in bytes")         \
	F(uint32_t, machine, PLAN_NUMBER, "ELF machine, 62 (x86-64)")

#define PLAN_FUNC_FIELDS(F)                                                    \
	F(uint32_t, name, PLAN_STRING, "function in the target")               \
	F(uint32_t, target, PLAN_INDEX_TARGET, "object that holds it")         \
	F(uint64_t, entry, PLAN_NUMBER, "its entry, module address")           \
	F(uint32_t, jump_at, PLAN_NUMBER, "offset of the jump: 4 after endbr64, else 0") \
	F(uint32_t, length, PLAN_NUMBER, "bytes of whole instructions that the jump displaces") \
	F(uint32_t, orig, PLAN_BYTES_AT, "original bytes at the entry")        \
	F(uint32_t, orig_size, PLAN_LENGTH, "how many: jump_at + length, or more") \
	F(uint32_t, moved, PLAN_BYTES_AT, "displaced instructions, relocated") \
	F(uint32_t, moved_size, PLAN_LENGTH, "their length, the jump back not included") \
	F(uint32_t, range, PLAN_FIRST, "first of its code ranges")             \
	F(uint32_t, ranges, PLAN_COUNT_RANGE, "number of code ranges")         \
	F(uint32_t, fixup, PLAN_FIRST, "first of its fixups")                  \
	F(uint32_t, fixups, PLAN_COUNT_FIXUP, "number of fixups")              \
	F(uint32_t, point, PLAN_FIRST, "first of its instruction points")      \
	F(uint32_t, points, PLAN_COUNT_POINT, "number of instruction points")  \
	F(uint32_t, symbol, PLAN_STRING, "new function in the patch, exported")\
	F(uint32_t, size, PLAN_NUMBER, "its size in bytes")                    \
	F(uint64_t, offset, PLAN_NUMBER, "its patch address")                  \
	F(uint32_t, flags, PLAN_NUMBER, "reserved, 0")                         \
	F(uint32_t, spare, PLAN_NUMBER, "reserved, 0")

#define PLAN_RANGE_FIELDS(F)                                                   \
	F(uint64_t, start, PLAN_NUMBER, "first module address of the range")   \
	F(uint64_t, end, PLAN_NUMBER, "address behind its last byte")

#define PLAN_FIXUP_FIELDS(F)                                                   \
	F(uint32_t, at, PLAN_NUMBER, "offset in `moved` of a 32-bit displacement") \
	F(uint32_t, from, PLAN_NUMBER, "offset in `moved` that it counts from") \
	F(uint64_t, to, PLAN_NUMBER, "module address that it has to reach")

#define PLAN_POINT_FIELDS(F)                                                   \
	F(uint32_t, orig, PLAN_NUMBER, "offset of an instruction, from the entry") \
	F(uint32_t, moved, PLAN_NUMBER, "offset of its copy in `moved`")

#define PLAN_REF_FIELDS(F)                                                     \
	F(uint64_t, place, PLAN_NUMBER, "patch address of 8 bytes to fill in") \
	F(uint32_t, kind, PLAN_ENUM_REF, "what to fill in")                    \
	F(uint32_t, target, PLAN_INDEX_TARGET, "object that it is looked up in") \
	F(uint64_t, value, PLAN_NUMBER, "module address (kind object), place (kind tls_offset)") \
	F(uint64_t, addend, PLAN_NUMBER, "added to it, two's complement")      \
	F(uint32_t, name, PLAN_STRING, "its name")                             \
	F(uint32_t, version, PLAN_STRING, "its symbol version, or empty (kind symbol)")

#define PLAN_HOOK_FIELDS(F)                                                    \
	F(uint32_t, kind, PLAN_ENUM_HOOK, "when it is called")                 \
	F(uint32_t, where, PLAN_ENUM_WHERE, "in which context")                \
	F(uint32_t, symbol, PLAN_STRING, "function in the patch, exported")    \
	F(uint32_t, arg, PLAN_FIRST, "first of its arguments")                 \
	F(uint32_t, args, PLAN_COUNT_ARG, "number of arguments")               \
	F(uint32_t, spare, PLAN_NUMBER, "reserved, 0")                         \
	F(uint64_t, offset, PLAN_NUMBER, "its patch address")

#define PLAN_ARG_FIELDS(F)                                                     \
	F(uint32_t, name, PLAN_STRING, "name, for opus-send --arg NAME=VALUE") \
	F(uint32_t, type, PLAN_ENUM_TYPE, "type")                              \
	F(uint32_t, text, PLAN_STRING, "default of type string")               \
	F(uint32_t, target, PLAN_INDEX_TARGET, "object (type address)")        \
	F(uint64_t, value, PLAN_NUMBER, "default: bits of the number, or module address")

/* T(TABLE, table, description). STRINGS and BYTES have records of one byte. */
#define PLAN_TABLES(T)                                                         \
	T(INFO, info, "the patch itself, exactly one record")                  \
	T(LABEL, label, "labels")                                              \
	T(TARGET, target, "loaded objects that the patch changes or refers to")\
	T(FUNC, func, "functions to replace")                                  \
	T(RANGE, range, "code ranges of the functions, .cold parts included")  \
	T(FIXUP, fixup, "displacements in relocated instructions")             \
	T(POINT, point, "instruction starts, before and after relocation")     \
	T(REF, ref, "references from the patch into the process")              \
	T(HOOK, hook, "functions of the patch that the agent calls")           \
	T(ARG, arg, "arguments of hooks")

/* V(VALUE, JSON name, description) */
#define PLAN_REFS(V)                                                           \
	V(PLAN_REF_OBJECT, "object", "load base of the target + value + addend") \
	V(PLAN_REF_SYMBOL, "symbol", "dlsym in the target's scope + addend")   \
	V(PLAN_REF_TLS_MODULE, "tls_module", "module id of the target's thread-local data, for __tls_get_addr") \
	V(PLAN_REF_TLS_OFFSET, "tls_offset", "value + addend: place within that data") \
	V(PLAN_REF_OWN_SYMBOL, "own_symbol", "dlsym in the target itself + addend")
#define PLAN_HOOKS(V)                                                          \
	V(PLAN_HOOK_CHECK, "check", "before anything changes; not 0 refuses")  \
	V(PLAN_HOOK_PRE_APPLY, "pre_apply", "before the threads are stopped; not 0 refuses") \
	V(PLAN_HOOK_POST_APPLY, "post_apply", "after the commit")              \
	V(PLAN_HOOK_PRE_REVERT, "pre_revert", "before a revert; not 0 refuses")\
	V(PLAN_HOOK_POST_REVERT, "post_revert", "after a revert")
#define PLAN_WHERES(V)                                                         \
	V(PLAN_WHERE_AGENT, "agent", "on the agent's thread, others running")  \
	V(PLAN_WHERE_STOPPED, "stopped", "on the agent's thread, all others stopped")
#define PLAN_TYPES(V)                                                          \
	V(PLAN_TYPE_INT32, "int32", "int32_t")                                 \
	V(PLAN_TYPE_UINT32, "uint32", "uint32_t")                              \
	V(PLAN_TYPE_INT64, "int64", "int64_t")                                 \
	V(PLAN_TYPE_UINT64, "uint64", "uint64_t")                              \
	V(PLAN_TYPE_DOUBLE, "double", "double")                                \
	V(PLAN_TYPE_STRING, "string", "const char *, valid during the call")   \
	V(PLAN_TYPE_ADDRESS, "address", "void *, something of the target")

#define V(name, json, text) name,
enum plan_ref_kind { PLAN_REFS(V) PLAN_REF_COUNT };
enum plan_hook_kind { PLAN_HOOKS(V) PLAN_HOOK_COUNT };
enum plan_where { PLAN_WHERES(V) PLAN_WHERE_COUNT };
enum plan_type { PLAN_TYPES(V) PLAN_TYPE_COUNT };
#undef V

#define F(type, field, kind, text) type field;
struct plan_info { PLAN_INFO_FIELDS(F) };
struct plan_label { PLAN_LABEL_FIELDS(F) };
struct plan_target { PLAN_TARGET_FIELDS(F) };
struct plan_func { PLAN_FUNC_FIELDS(F) };
struct plan_range { PLAN_RANGE_FIELDS(F) };
struct plan_fixup { PLAN_FIXUP_FIELDS(F) };
struct plan_point { PLAN_POINT_FIELDS(F) };
struct plan_ref { PLAN_REF_FIELDS(F) };
struct plan_hook { PLAN_HOOK_FIELDS(F) };
struct plan_arg { PLAN_ARG_FIELDS(F) };
#undef F

enum plan_table_id {
#define T(NAME, name, text) PLAN_TABLE_##NAME,
	PLAN_TABLES(T)
#undef T
	PLAN_TABLE_STRINGS,
	PLAN_TABLE_BYTES,
	PLAN_TABLE_COUNT
};

struct plan_table {
	uint32_t offset; /* from the start of the section, multiple of 8 */
	uint32_t count;  /* records */
	uint32_t size;   /* bytes of one record */
	uint32_t crc;    /* CRC-32C of the table */
};

struct plan_header {
	char magic[8];
	uint32_t version;
	uint32_t size;               /* of the section */
	uint8_t digest[DIGEST_SIZE]; /* of the file */
	uint32_t crc;                /* CRC-32C of the header, digest and crc as 0 */
	uint32_t tables;             /* PLAN_TABLE_COUNT */
	struct plan_table table[PLAN_TABLE_COUNT];
};

/* One field of a record, for code that treats all of them alike. */
struct plan_field {
	const char *name;
	const char *text;
	uint16_t offset;
	uint16_t size; /* 4 or 8 */
	uint8_t kind;  /* enum plan_kind */
};

/* One table, described: fields[0 .. field_count). */
struct plan_table_info {
	const char *name;
	const char *text;
	const struct plan_field *fields;
	uint32_t field_count;
	uint32_t record_size;
};

/* Description of table `id`, or NULL for STRINGS, BYTES and unknown ids. */
const struct plan_table_info *plan_table_describe(enum plan_table_id id);

/* A plan that was checked. All pointers lead into the file image that was
 * given to plan_open() and live as long as that. */
struct plan {
	const struct plan_header *header;
	const uint8_t *file;
	size_t file_size;
	const struct plan_info *info;
#define T(NAME, name, text) \
	const struct plan_##name *name##_records; uint32_t name##_count;
	PLAN_TABLES(T)
#undef T
	const char *strings;
	const uint8_t *bytes;
};

/*
 * Check the `size` bytes at `file` (8-byte aligned, as mmap gives) and describe
 * the plan in `ret`. After OPUS_OK every string offset of every record ends in
 * NUL inside the file, every index, count and byte range is inside its table,
 * every enum is known and the digest is right; module and patch addresses have
 * still to be held against the process and the loaded patch.
 * Errors: OPUS_INVALID with the reason; `ret` is then all zero.
 */
enum opus_code plan_open(const void *file, size_t size, struct plan *ret,
			 struct opus_error *err) MUST_CHECK;

/* The same without the digest, for the writer's own check before it seals. */
enum opus_code plan_open_unsealed(const void *file, size_t size,
				  struct plan *ret, struct opus_error *err)
	MUST_CHECK;

/* Digest of a file whose 32 digest bytes lie at `digest_at`. */
void plan_digest(const void *file, size_t size, size_t digest_at,
		 uint8_t ret[DIGEST_SIZE]);

/* String at an offset that plan_open() has checked. */
static inline const char *plan_string(const struct plan *p, uint32_t at)
{
	return p->strings + at;
}

/* Bytes at an offset that plan_open() has checked. */
static inline const uint8_t *plan_bytes(const struct plan *p, uint32_t at)
{
	return p->bytes + at;
}

/* Names of enum values for people and JSON; "unknown" outside the enum. */
const char *plan_ref_name(uint32_t value);
const char *plan_hook_name(uint32_t value);
const char *plan_where_name(uint32_t value);
const char *plan_type_name(uint32_t value);

_Static_assert(sizeof(struct plan_info) == 24, "layout");
_Static_assert(sizeof(struct plan_target) == 16, "layout");
_Static_assert(sizeof(struct plan_func) == 88, "layout");
_Static_assert(sizeof(struct plan_ref) == 40, "layout");
_Static_assert(sizeof(struct plan_hook) == 32, "layout");
_Static_assert(sizeof(struct plan_arg) == 24, "layout");

#endif

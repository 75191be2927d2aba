/*
 * facts.h - what DWARF says about some functions and variables of a target.
 *
 * Included by: builder/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 *
 * One walk over all units collects everything about a set of names: functions
 * with code of their own, places where they were inlined, and variables with
 * a fixed address. All strings live as long as the target's Dwarf.
 */
#ifndef OPUS_FACTS_H
#define OPUS_FACTS_H

#include "object.h"
#include "signature.h"

struct facts_function {
	uint64_t root; /* identity of the source function: DIE offset */
	const char *name;
	const char *linkage; /* mangled name, or "" */
	const char *unit;    /* path of its source file */
	bool external;
	uint64_t entry;
	struct object_frame *range; /* by DW_AT_low_pc or DW_AT_ranges */
	size_t ranges;
	struct signature signature;
	const char *dropped[SIGNATURE_DROPPED]; /* signature_dropped() */
	bool shrinks;				/* signature_shrinks() */
};

struct facts_inline {
	uint64_t root; /* of the function that was inlined */
	const char *name;
	const char *linkage;
	bool external;
	const char *unit;   /* source file of the function that was inlined */
	const char *caller; /* the function that holds the copy */
	const char *caller_linkage;
	const char *caller_unit;
	uint64_t caller_entry;
	uint64_t address; /* of the copy */
};

struct facts_variable {
	const char *name;
	const char *linkage;
	const char *unit;
	const char *function; /* that it is local to, or "" */
	int line;	      /* of its declaration, 0: unknown */
	bool external;
	bool tls;
	bool constant; /* has no address: optimised away */
	bool coded;    /* is kept in another form, by clang: one byte for either of two
			* values, or the fields by themselves */
	uint64_t address; /* tls: place within the thread-local data */
};

/* A range of code and the unit that made it. */
struct facts_unit {
	uint64_t start;
	uint64_t end;
	Dwarf_Die die;
};

/* A unit whose source file the target has several times. */
struct facts_copy {
	const void *unit;
	char *path; /* with "#2" behind it */
};

struct facts {
	struct facts_function *function;
	size_t functions;
	struct facts_inline *inlined;
	size_t inlines;
	struct facts_variable *variable;
	size_t variables;
	struct facts_unit *unit; /* by start */
	size_t units;
	char **path; /* of units, where name and folder had to be joined */
	size_t paths;
	struct facts_copy *copy; /* by unit */
	size_t copies;
};

/*
 * Collect what the debug information of `o` says about `names` (plain or
 * mangled). Without debug information, or an object, *ret is empty. The caller gives *ret
 * back with facts_destroy(). Errors: OPUS_RESOURCE.
 */
enum opus_code facts_collect(const struct object *o, const char *const *names,
			     size_t count, struct facts **ret,
			     struct opus_error *err) MUST_CHECK;
void facts_destroy(struct facts *f);

/* The function with code of its own that starts at `entry`, or NULL. */
const struct facts_function *facts_function_at(const struct facts *f,
					       uint64_t entry);

/* The function whose code is at an address: its name, mangled name ("" in C)
 * and the source file of the unit that it was written in, all living as long
 * as the facts. False if that is not known. Errors: none. */
bool facts_origin_at(struct facts *f, uint64_t address, const char **name,
		     const char **linkage, const char **unit);

/* Is the code at an address that of a function called `name` (mangled, or in C
 * plain), of its own or inlined? False if that is not known. */
bool facts_is_within(const struct facts *f, uint64_t address, const char *name);

/* The path of a source file as the debug information has it, without "." and
 * ".."; lives as long as the facts. */
const char *facts_unit_path(struct facts *f, Dwarf_Die *unit);

/* It as a string that the caller frees, or NULL: out of memory. */
char *facts_unit_join(Dwarf_Die *unit);

/* The same, by which units of one source file can be told apart: of those that it
 * made several of, "PATH#2" is the second. Needs facts_number(). */
const char *facts_unit_key(struct facts *f, Dwarf_Die *unit);

/* Find source files of which there are several units; facts_collect() does that.
 * Errors: OPUS_RESOURCE. */
enum opus_code facts_number(struct facts *f, Dwarf *dwarf, struct opus_error *err)
	MUST_CHECK;

/* "#2" of such a path, or its end. */
const char *unit_number(const char *path);

/* Is there a source file that the compiler read for the unit of which `is` says
 * yes? 1, 0, or -1: the debug information does not tell. The path is absolute if
 * that is known, without "." and "..". */
int facts_unit_reads(Dwarf_Die *unit, bool (*is)(const char *path, const void *data),
		     const void *data);

/* Something that is equal for addresses of one unit, NULL if unknown. */
const void *facts_unit_id(const struct facts *f, uint64_t address);

/* DW_AT_producer of the unit at `address`, NULL if unknown. */
const char *facts_producer(const struct facts *f, uint64_t address);

/* True if the unit at `address` is known not to be GCC's work. */
bool facts_not_gcc(const struct facts *f, uint64_t address);

/* True if the function that starts at `address` may have arguments in vector
 * registers, or if that is not known. */
bool facts_vector_arguments(const struct facts *f, uint64_t address);

/* Note the ranges of a unit; facts_units_sort() when all are there. False if
 * memory ran out. */
bool facts_unit_add(struct facts *f, Dwarf_Die *unit);
void facts_units_sort(struct facts *f);

/* True if `path` ends in `suffix` at the start of a path component; "" fits
 * everything. A "#2" counts where both have one. */
bool unit_matches(const char *path, const char *suffix);

/* Take "." and ".." out, in place. */
void path_clean(char *path);

#endif

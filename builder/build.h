/*
 * build.h - what the passes of opus-build work on, and the list of passes.
 *
 * Included by: builder/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 *
 * One struct build travels through all passes. Strings that a pass makes live
 * in the build until its end (build_text), so nothing in here is freed alone.
 *
 * Two kinds of failure: a pass that cannot go on returns a code with a message
 * (exit status 1); what makes the change impossible to apply to this target is
 * a refusal, reported at once by build_tell(), and the passes go on as long
 * as they can find more of them (exit status 2).
 */
#ifndef OPUS_BUILD_H
#define OPUS_BUILD_H

#include <signal.h>
#include <stdarg.h>

#include "common/plan_write.h"
#include "object.h"
#include "report.h"
#include "signature.h"

enum build_status {
	BUILD_DONE = 0,
	BUILD_ERROR = 1,
	BUILD_REFUSED = 2,
	BUILD_NOTHING = 3,
};

struct build_options {
	char **source; /* compile */
	size_t sources;
	const char *diff; /* diff: the file, or NULL for compile */
	const char *tree;
	char **command; /* that builds the tree */
	size_t commands;
	const char *compile_commands; /* instead of running the command */
	char **hook; /* sources with hooks, beside what is made of the diff */
	size_t hooks;
	const char *emit; /* where to keep the generated source, or NULL */
	char **label;
	size_t labels;
	const char *name; /* of the patch, or NULL */
	bool strict; /* warnings are errors */
	bool json;
	int json_to; /* our standard output: commands that are run write to
		      * standard error then */
	const char *sarif; /* file for the same, or NULL */
	int sarif_to;	   /* it, opened */
	char **target;
	size_t targets;
	char **debug;
	size_t debugs;
	const char *cflags;
	const char *cc; /* NULL: gcc or g++, by the source's suffix */
	const char *output;
	bool keep_debug; /* leave the patch's own debug information in */
	bool verbose;
};

/* A function of the patch as the linker sees it. */
struct patch_function {
	uint64_t offset; /* patch address */
	uint64_t size;
};

/* Code range of an old function, module addresses. */
struct build_range {
	uint64_t start;
	uint64_t end;
};

/* One instruction start, before and after it was moved. */
struct entry_point {
	uint32_t orig;
	uint32_t moved;
};

struct entry_fixup {
	uint32_t at;
	uint32_t from;
	uint64_t to;
};

#define ENTRY_MOVED 160 /* room for the displaced code, relocated */
#define ENTRY_INSNS 16  /* at most 6 + 4 instructions are displaced */

/* What entry_check() found at an entry. */
struct entry {
	uint32_t jump_at;
	uint32_t length;
	uint8_t moved[ENTRY_MOVED];
	uint32_t moved_size;
	struct entry_point point[ENTRY_INSNS + 1];
	uint32_t points;
	struct entry_fixup fixup[ENTRY_INSNS];
	uint32_t fixups;
};

/* OPUS_REPLACE: first what the author wrote, then what passes found out. */
struct replace {
	struct note_place place;
	const char *target_name;
	const char *patch_name; /* symbol in the patch, mangled */
	const char *unit;
	/* pass_resolve */
	size_t target; /* index in build.target */
	bool resolved;
	const char *name; /* symbol in the target */
	const char *found_unit; /* or "" */
	uint64_t address;
	uint64_t size;
	bool local; /* static or hidden in the target */
	/* pass_range; the main range is the first */
	struct build_range *range;
	size_t ranges;
	/* pass_signature: of the new function */
	struct signature signature;
	const char *producer; /* of the new function, or NULL */
	/* pass_entry */
	struct entry entry;
	/* pass_keep: the name of the thunk that stands before the new function,
	 * or NULL */
	const char *thunk;
	uint32_t keep; /* registers that it saves, a regset of code.h */
	bool quiet; /* it changed no memory, and callers know */
	/* pass_function */
	struct patch_function function;
};

/* OPUS_REF_IN, OPUS_REF_NAME */
struct ref_note {
	struct note_place place;
	const char *label;
	const char *target_name;
	const char *unit;
	const char *function;
};

struct hook_arg {
	enum plan_type type;
	const char *name;
	const char *text;  /* string: the default; address: the symbol */
	uint64_t value;
	size_t target;
};

struct hook_note {
	struct note_place place;
	enum plan_hook_kind kind;
	enum plan_where where;
	const char *function;
	struct hook_arg *arg;
	size_t args;
	struct signature signature; /* pass_signature */
	struct patch_function found;
};

/* What pass_ref decided for one dynamic relocation of the patch. */
struct build_ref {
	uint64_t place;
	uint64_t addend;
	enum plan_ref_kind kind;
	size_t target;
	uint64_t value;
	const char *name;
	const char *version;
};

/* An undefined or replaced symbol of the patch, resolved. */
struct found_symbol {
	bool tls; /* value is a place in the target's thread-local data */
	enum plan_ref_kind kind;
	size_t target;
	uint64_t value;
	const char *name;
	const char *version;
};

struct command;
struct diff;
struct unit;

/* A variable of the target that the objects must name like that. */
struct must_have {
	struct note_place place;
	const char *name;
	const char *made; /* what compilers call it, since pass_emit writes its function
			   * as one that is not static; or NULL */
	const struct unit *unit;
};

/* A source of the patch. */
struct build_source {
	const char *path;
	const struct command *call; /* the compiler and its flags, or NULL:
				     * those of the options */
};

struct build {
	const struct build_options *options;
	struct diff *diff; /* NULL for compile */
	const char *json; /* file for the object of --json, or NULL: standard output */
	const char *suffix; /* of the names of this patch, one of several; or NULL */
	const char *output; /* as it can be opened */
	int output_folder; /* held open; 0: not */
	int emit_folder;
	struct build_source *source;
	size_t sources;
	char folder[256]; /* for temporary files; "" before it is made */
	char **text;
	size_t texts;
	struct reports reports; /* refusals and warnings */

	const char *name; /* OPUS_PATCH */
	const char *description;
	const char **label;
	size_t labels;
	struct replace *replace;
	size_t replaces;
	struct ref_note *ref_note;
	size_t ref_notes;
	struct hook_note *hook;
	size_t hooks;
	struct must_have *must;
	size_t musts;
	const char **undefined; /* symbols that the objects need */
	size_t undefineds;
	char source_digest[2 * DIGEST_SIZE + 1];
	const char *compiler;

	struct object **target;
	size_t targets;
	struct facts **facts;      /* one per target: facts.h */
	struct code_edges *edges;  /* one per target, found when first needed:
				    * callers.h */

	char **objects; /* .o files, one per source */
	const char *thunk_source; /* pass_keep: assembly and its object */
	const char *thunk_object; /* or NULL */
	const char *handle; /* pass_link: assembly with __dso_handle, or NULL */
	const char *linked; /* the shared object, without plan */
	uint8_t *image;     /* its bytes, edited by pass_ref and pass_plan */
	size_t image_size;
	struct build_ref *ref;
	size_t refs;
};

/* The passes, in build.c in their order; each says at its top what it needs
 * and what it leaves. */
typedef enum opus_code build_pass(struct build *b, struct opus_error *err);
build_pass pass_target, pass_source, pass_tree, pass_unit, pass_locate, pass_compare,
	pass_relink, pass_closure, pass_bring, pass_emit, pass_clone, pass_compile, pass_note,
	pass_name, pass_resolve,
	pass_range, pass_signature, pass_inline, pass_entry, pass_keep,
	pass_rename, pass_link, pass_function, pass_hook, pass_ref, pass_plan, pass_output;

/* Run all passes. Returns the exit status; reports every failure on stderr. */
enum build_status build_run(const struct build_options *options);

/*
 * split.c: if the diff concerns several targets, go on with each of them in a
 * child process. True in the parent, when all have ended, with the status; false
 * where the build goes on: for one target, with options in *own if it is a
 * child's.
 */
bool build_split(struct build *b, struct build_options *own,
		 enum build_status *ret);

/* Set by the handler of SIGINT, SIGTERM and SIGHUP: stop and clean up. */
extern volatile sig_atomic_t build_interrupted;

/* A formatted string that lives as long as the build; "" if memory ran out
 * (the next allocation of the pass fails then as well). */
const char *build_text(struct build *b, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

const char *build_vtext(struct build *b, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

/* Tell on a terminal how far a long step is; `what` NULL: it is done. */
void build_progress(struct build *b, const char *what, size_t done, size_t all);

/* The last lines of what a failed command said, to standard error. */
void build_log_show(struct build *b, const char *path);

/* Room for one more element behind `count`: doubles at powers of two. NULL if
 * memory ran out; the old array stays valid then. */
void *build_grow(void *array, size_t count, size_t size);

/* True if the function that starts at `address` of target `target` is one of
 * those to be replaced. */
bool build_replaces(const struct build *b, size_t target, uint64_t address);

/* pass_rename: what the patch means by NAME, where the linker has one of its own. */
#define RENAME_PREFIX "opus.target."

#endif

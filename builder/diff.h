/*
 * diff.h - from a source diff to sources of a patch: what its passes share.
 *
 * Included by: builder/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 *
 *   tree     a private view of the source tree, at its own path
 *   units    how each source file is compiled, from the project's own build
 *   texts    before and after the diff, preprocessed; what changed in them
 *   changes  the functions that have to be replaced, with all that holds a
 *            copy of their code
 *   sources  one generated C file per unit, for the passes of `compile`
 */
#ifndef OPUS_DIFF_H
#define OPUS_DIFF_H

#include "build.h"
#include "facts.h"
#include "lex.h"
#include "parse.h"
#include "proc.h"

/* Why a function is in the patch. */
enum change_why {
	CHANGE_TEXT,	/* its own text differs */
	CHANGE_USES,	/* it uses something whose meaning differs */
	CHANGE_INLINED, /* it holds a copy of a changed function */
	CHANGE_CALLS,	/* it calls a clone of a changed function */
	CHANGE_KNOWS,	/* its code relies on what a changed function was */
	CHANGE_NEEDED,	/* it is as it was, and called by new code */
	CHANGE_FOLDED,	/* it is as it was, and has the code of a changed function */
};

/* A source file as the build compiles it. */
struct unit {
	const char *source;   /* absolute, without links */
	const char *relative; /* below the tree, or the last part */
	const char *named;    /* the same as it was called, perhaps by a link */
	const char *called;   /* the whole path of that: what it includes with ""
			       * lies beside the link */
	const char *spelled;  /* as the command had it, perhaps from `folder` */
	const char *folder;   /* working directory of the command */
	struct command call;  /* as it was called */
	const char *standard; /* -std=..., or NULL */
	bool cxx;
	bool pic;
	const char *found; /* its path in the debug information of the target; "" if it is
			    * in none, `relative` if it is new */
	struct command *compile; /* pass_emit: to compile what was generated */
	const char *alike; /* likeness.c: its old text compiled by itself; "" if that
			    * fails, NULL if nobody has asked yet */
	bool wanted;  /* units_want(): a target may be made from it */
	bool reached; /* by the diff, directly or through a header */
	bool parsed;
	bool fresh; /* there is none before the diff */
	bool same;  /* not reached by the diff: before is after */
	bool shared; /* a copy for another target: the texts on the shelf are not its own */
	bool known;  /* knowledge_add() has seen it */
	size_t target; /* pass_locate */
	struct text before, before_plain; /* *_plain: __LINE__ and the like out */
	struct text after, after_plain;
	struct parse parse_before, parse_after;
	size_t *renewed; /* unit_unparse(): which entities of parse_after are */
	size_t reneweds;
};

/* A function that has to be new, or one that is only in the new source. */
struct change {
	struct unit *unit;
	const char *name;
	const char *linkage;
	enum change_why why;
	const char *because; /* the function or thing behind CHANGE_... */
	struct note_place place;
	bool is_static;
	bool fresh;	/* not in the old source, or with another signature */
	bool held;	/* main(), with a copy of old code that may run again */
	bool overridden; /* pass_closure: the target has another of its name instead */
	bool left_out;	/* overridden, or main(), which the patch would wait for in vain */
	bool present;	/* pass_closure: the target has it as a function */
	bool copied;	/* pass_closure: others hold a copy of it, and are in the patch */
	bool dropped;	/* pass_closure: its callers in the target need not pass all
			 * parameters */
	bool chosen;	/* ... for several processors: nobody has a copy of it */
	size_t target;
	const char *symbol; /* its name there */
	uint64_t entry, size;
	const char *variant[8]; /* further symbols of a constructor or destructor, or
				 * of a function that is there for several processors */
	size_t variants;
	const char *label; /* assembler name in the patch, or NULL: its own */
	const char *found_unit; /* its source file as the target's DWARF says */
};

/* A folder that the build writes into, and what it writes. */
struct cover {
	const char *path;
	const char *upper; /* NULL if there is no private view of it */
	const char *work;  /* what the kernel wants beside it */
	const char *below; /* covers_push(): the upper one before, or NULL */
	const char *below_work;
};

/* Assembly that the build makes of files of the diff, and perhaps other. */
struct made_assembly {
	const char *path;
	uint8_t digest[DIGEST_SIZE]; /* of what was made before the diff */
};

/* A precompiled header, and the header. */
struct precompiled {
	const char *path;
	const char *header;
};

struct diff {
	const char *path;    /* of the diff */
	const char *root;    /* the tree, absolute */
	bool overlaid;	     /* the tree at `root` is a private view */
	const char *view;    /* where the private tree is: root if overlaid */
	struct cover *cover; /* the tree, and what lies outside of it */
	size_t covers;
	size_t mounted; /* number of the next one */
	int strip;	     /* leading parts to take off the names in the diff */
	const char **file;   /* files the diff touches, absolute in the view */
	bool *existed; /* per file: before the diff */
	size_t *original; /* per file: which one it is a copy of, or itself */
	bool *read; /* per file: something that was compiled reads it */
	bool *inexact; /* per file: it took its part at a place that is only like the
			* one of the diff */
	size_t files;
	const char **made; /* sources that the build makes of files of the diff,
			    * and perhaps others */
	size_t mades;
	struct made_assembly *assembly; /* the same of assembly */
	size_t assemblies;
	size_t runs;   /* of the build */
	bool scripted; /* the build runs a script of the diff */
	bool followed; /* `made` is known */
	bool aside;    /* it changes assembly outside of functions */
	struct includes *includes; /* complete.c: who reads what, once it was asked; or NULL */
	struct precompiled *precompiled;
	size_t precompileds;
	struct unit **unit;
	size_t units;
	struct shelf shelf; /* the texts of the units */
	size_t likes; /* units that likeness.c has compiled */
	struct change *change;
	size_t changes;
	const char **twin_path; /* per target: twin.h, or NULL */
	const char **twin_made; /* ... where the build makes it */
	bool rebuilt;		/* the build has run with the diff */
	struct object **twin;
	const char *emit; /* where to keep the sources, as it can be opened */
	const char **hook; /* per source with hooks: its path, absolute */
	struct text *hook_text;
	struct command **hook_call; /* hooks_add(): how it is compiled */
	bool *hook_for; /* per source with hooks, each target: it names a variable
			 * there that gets another first value */
	size_t hooks;
};

/* pass_unit.c: run the build command, with one more variable unless it is NULL,
 * and add what it compiles to diff.unit. Errors: OPUS_INVALID (it fails),
 * OPUS_RESOURCE, OPUS_UNREADABLE. */
enum opus_code build_command_run(struct build *b, const char *variable,
				 struct opus_error *err) MUST_CHECK;

/* build_files.c: does the file say how a tree is built? */
bool build_files_is(const char *path);
/* Warn of options that the diff changes there, by which a target is built; true if
 * there are any. */
bool build_files_tell(struct build *b);

/* A file of the diff that says how the tree is built, or NULL. */
const char *build_file_changed(const struct diff *d);

/* complete.c: a source of a target that reads a file of the diff, and that the
 * build did not compile; below the tree. NULL: there is none. `copies`: also one
 * that may hold copies of functions of others, by link-time optimisation. */
const char *build_missing(struct build *b, bool copies);
/* Run the build again, if need be after a cleaning, so that it compiles that as
 * well. Where this fails all is as before. Errors: OPUS_RESOURCE. */
enum opus_code build_complete(struct build *b, const char *missing,
			      struct opus_error *err) MUST_CHECK;

/* complete.c: where the tree was when the target was made: what stands before the
 * name of the source in `path`, its length; and the name. NULL: it is not of the
 * tree. */
const char *tree_name(const struct diff *d, const char *path, size_t *ret_prefix);

/* copies.c: add to diff.file what a target is made from instead of a file of the
 * diff. Needs the build to have run. Errors: OPUS_RESOURCE. */
enum opus_code copies_find(struct build *b, struct opus_error *err) MUST_CHECK;
/* With the diff applied to the tree, bring it into the copies. Errors:
 * OPUS_RESOURCE, OPUS_UNREADABLE. */
enum opus_code copies_update(struct build *b, struct opus_error *err) MUST_CHECK;

/* pass_tree.c: the files that the diff names, with `strip` parts taken off. */
enum opus_code diff_files(struct build *b, struct opus_error *err) MUST_CHECK;

/* The name in "--- a/src/x.c<tab>2026-01-01", NULL for /dev/null; and a name
 * without `strip` leading parts, NULL if it has not so many. */
const char *diff_header_name(struct build *b, const char *line);
const char *diff_name_strip(const char *name, int strip);

/* apply.c: put the diff into the view. Errors: OPUS_INVALID (it does not fit),
 * OPUS_RESOURCE, OPUS_UNREADABLE. */
enum opus_code diff_apply(struct build *b, struct opus_error *err) MUST_CHECK;

/* capture.c: read what the build did, or compile_commands.json. Units that are
 * known already stay. Errors: OPUS_UNREADABLE, OPUS_INVALID, OPUS_RESOURCE. */
enum opus_code capture_read(struct build *b, const char *folder,
			    struct opus_error *err) MUST_CHECK;
enum opus_code capture_read_json(struct build *b, const char *path,
				 struct opus_error *err) MUST_CHECK;

/* precompiled.c: if the call makes a precompiled header, remember of what. Errors:
 * OPUS_RESOURCE. */
enum opus_code precompiled_note(struct build *b, const char *folder,
				const struct command *call,
				struct opus_error *err) MUST_CHECK;
/* The call with the headers in place of what was precompiled, into *ret, which is
 * empty. */
void precompiled_expand(struct build *b, const char *folder, const struct command *call,
			struct command *ret);

/* pass_locate.c: find out which units may be in a target: what the build makes
 * besides need not be read. Errors: OPUS_RESOURCE. */
enum opus_code units_want(struct build *b, struct opus_error *err) MUST_CHECK;

/* likeness.c: the functions of the old unit, compiled anew, against those of a
 * target, or of one of its units. */
struct likeness {
	size_t alike;	/* they are there, with this code */
	size_t missing; /* no function of that name is there; a linker may drop some */
	size_t foreign; /* that are there alone, if one unit is looked at */
};

/* `cu` NULL: all of the target. What does not compile by itself is like nothing.
 * Errors: OPUS_RESOURCE, OPUS_UNREADABLE. */
enum opus_code unit_likeness(struct build *b, struct unit *u, size_t target, Dwarf_Die *cu,
			     struct likeness *ret, struct opus_error *err) MUST_CHECK;

/* pass_locate.c: how well a unit of the build fits one of the target; 0: it was not
 * this source. */
int unit_fit(const struct diff *d, const struct unit *u, const char *path, Dwarf_Die *cu);
/* pass_locate.c: say that the unit makes that part of a target. The unit itself, or
 * one that shares its text, if it makes another already; NULL: out of memory. */
struct unit *unit_assign(struct build *b, struct unit *u, size_t target, const char *path);

/* again.c: find for each of the units of a target that have one source file the
 * unit of the build; refuse where they cannot be told apart. Errors:
 * OPUS_RESOURCE, OPUS_UNREADABLE. */
enum opus_code again_locate(struct build *b, size_t target, size_t units,
			    struct facts *f, struct opus_error *err) MUST_CHECK;

/* unit.c */
/* The command without what concerns output, dependencies and input. */
void unit_command(const struct unit *u, bool preprocessor, struct command *ret);
/* Preprocess those that are not, into two texts each; `after` chooses which. */
enum opus_code units_preprocess(struct build *b, struct unit *const *u, size_t count,
				bool after, struct opus_error *err) MUST_CHECK;
/* Have the texts cut up; put them back on the shelf, where many units have no change. */
enum opus_code unit_cut(struct unit *u, struct opus_error *err) MUST_CHECK;
void unit_uncut(struct unit *u);
/* Cut up and parsed; forget what was parsed, until it is asked for again, but for what
 * was renewed. Errors: OPUS_RESOURCE; after the second all is as before. */
enum opus_code unit_parse(struct unit *u, struct opus_error *err) MUST_CHECK;
enum opus_code unit_unparse(struct unit *u, struct opus_error *err) MUST_CHECK;
/* Does compiling them read one of the diff's files? Sets `reached`. */
enum opus_code units_read(struct build *b, struct unit *const *u, size_t count,
			  struct opus_error *err) MUST_CHECK;
/* Is it compiled for link-time optimisation? */
bool unit_is_whole(const struct unit *u);
/* Is the definition not in the old source? */
bool unit_is_new(const struct unit *u, const struct entity *e);
/* Was the global function or variable, of which the unit has the definition,
 * static in the old source? So it is in the target. C only. */
bool unit_exposes(const struct unit *u, const struct entity *e);
/* Is it a new function or variable of the unit, for others to use? */
bool unit_offers(const struct unit *u, const struct entity *e);
/* Has the unit something for the patch? */
bool unit_is_in(const struct diff *d, const struct unit *u);
void unit_destroy(struct unit *u);

/* pass_compare.c */
void diff_destroy(struct diff *d, size_t targets);

/* pass_closure.c: is it what the debug information describes so? */
bool change_is(const struct change *c, const char *name, const char *linkage,
	       const char *unit, bool external);
/* Is it the unit of this path in the debug information? */
bool unit_is(const struct unit *u, size_t target, const char *path);
/* pass_unit.c: run the build, with the diff in the tree. No units are added. Errors:
 * OPUS_RESOURCE, OPUS_INVALID: it fails. */
enum opus_code build_with_diff(struct build *b, struct opus_error *err) MUST_CHECK;
/* pass_closure.c: the unit of that source file as the debug information has it, ready to
 * be read; NULL if the build did not compile it. Errors: OPUS_RESOURCE, OPUS_INVALID. */
enum opus_code unit_ready(struct build *b, size_t target, const char *path,
			  struct unit **ret, struct opus_error *err) MUST_CHECK;
/* ".constprop.0" of a symbol, or NULL. */
const char *clone_suffix_of(const char *symbol);

/* pass_closure.c: add a function that holds or calls (`why`) old code of the function
 * `changed`. Errors: OPUS_RESOURCE. */
enum opus_code holder_add(struct build *b, struct unit *u, const struct entity *e,
			  enum change_why why, const char *changed,
			  struct opus_error *err) MUST_CHECK;

/* knowledge.c: add the functions of the unit whose text is the same, and whose
 * code is not: since they hold a copy of `because` (CHANGE_INLINED), or rely on what
 * the compiler found out of it (CHANGE_KNOWS). Errors: OPUS_RESOURCE. */
enum opus_code knowledge_add(struct build *b, struct unit *u, enum change_why why,
			     const char *because, struct opus_error *err) MUST_CHECK;

struct shapes;
/* knowledge.c: the first values of the unit's variables, as compiled before and
 * after; nothing where it does not compile by itself. The caller gives both back
 * with shapes_deinit(), after an error, too. Errors: OPUS_RESOURCE,
 * OPUS_UNREADABLE. */
enum opus_code values_read(struct build *b, const struct unit *u, struct shapes *old,
			   struct shapes *new, struct opus_error *err) MUST_CHECK;

/* generated.c: fill in diff.made and diff.assembly, anew. Errors: OPUS_RESOURCE. */
enum opus_code generated_find(struct build *b, struct opus_error *err) MUST_CHECK;
/* After the build with the diff: is the assembly another now? */
bool generated_differs(const struct made_assembly *a);

/* mention.c: was the target made from a file of that path below the tree? True
 * as well if it has no debug information, which would tell. */
bool target_mentions(const struct object *o, const char *relative);

/* Does the diff change something in this target? (split.c) */
bool diff_reaches(const struct diff *d, size_t target);

/* hooks.c: read the sources with hooks that were given beside the diff. Errors:
 * OPUS_UNREADABLE, OPUS_INVALID (one has no hook), OPUS_RESOURCE. */
enum opus_code hooks_read(struct build *b, struct opus_error *err) MUST_CHECK;
/* Does one of them name the variable of a target, which gets another first value? It
 * takes on what that is in a process that runs, and is a hook for that target. */
bool hooks_name(const struct build *b, size_t target, const char *variable);
/* If each target gets a patch: the first that is a hook for none of them, or for a
 * target that gets none; or NULL. */
const char *hooks_misplaced(const struct build *b);
/* Leave those for the target. */
void hooks_take(struct build *b, size_t target);
/* Add them to the sources of the patch, compiled as the unit is. Errors:
 * OPUS_RESOURCE. */
enum opus_code hooks_add(struct build *b, const struct unit *u,
			 struct opus_error *err) MUST_CHECK;
void hooks_deinit(struct diff *d);

/* pass_tree.c: write a copy of the generated sources to where the user wants. */
enum opus_code emit_keep(struct build *b, struct opus_error *err) MUST_CHECK;

/* compare.c: add what changed in a unit to diff.change; refuse what cannot
 * be carried over. */
enum opus_code compare_unit(struct build *b, struct unit *u,
			    struct opus_error *err) MUST_CHECK;
/* Add a change unless it is there. Errors: OPUS_RESOURCE. */
enum opus_code change_add(struct build *b, struct unit *u,
			  const struct entity *e, enum change_why why,
			  const char *because, struct opus_error *err) MUST_CHECK;
/* Does the range call a function of that name? */
bool text_calls(const struct text *t, uint32_t start, uint32_t end, const char *word);
struct change *change_find(const struct diff *d, const struct unit *u,
			   const char *linkage);

/* odr.c: is an inline function of C++, of the unit's new source, a change of another
 * unit of the target, which makes it for all? */
bool odr_is_made(const struct diff *d, const struct unit *u, const struct entity *e);

/* The place of a token of a text of the unit in the source that it came from. */
struct note_place token_place(struct build *b, const struct unit *u,
			      const struct text *t, size_t i);
/* The place of an entity in the source that it came from; `t` is a text of the unit. */
struct note_place entity_place(struct build *b, const struct unit *u,
			       const struct text *t, const struct entity *e);

#endif

/*
 * report.h - what opus-build has to say about a change: refusals and warnings.
 *
 * Included by: builder/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 *
 * Each is said at once on standard error, as compilers do it, and kept for the
 * object that --json prints. The list below is the only one: what a topic is
 * called, whether it forbids the patch, and the line about it in opus-build(1).
 */
#ifndef OPUS_REPORT_H
#define OPUS_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/error.h"

/* T(TOPIC, refuses, id, what it is about) */
#define REPORT_TOPICS(T)                                                       \
	T(NEW_WRITE, false, "new-write", "changes a variable that it did not change before") \
	T(NEW_STORE, false, "new-store", "stores through a pointer what it did not store before") \
	T(NEW_STATE, false, "new-state", "sets a new variable that other functions read") \
	T(NEW_RESULT, false, "new-result", "returns a constant that it did not return") \
	T(LOCKS, false, "locks", "takes or releases locks more or less often, or in another order") \
	T(MEMORY, false, "memory", "allocates or frees memory more or less often") \
	T(START, false, "start", "runs when the program starts, and not again") \
	T(NEVER_LEFT, false, "never-left", "is not left while the program runs") \
	T(NEW_FIELD, false, "new-field", "a structure of the same size has a new field") \
	T(RENAMED_FIELD, false, "renamed-field", "a field of a structure has another name") \
	T(CONSTANT_SHARED, false, "constant-shared", "constant data that other source files may read") \
	T(CONSTANT_HELD, false, "constant-held", "constant data whose address objects may hold") \
	T(GONE, false, "gone", "a function has gone whose address others may have") \
	T(RENUMBERED, false, "renumbered", "an enumerator gets another value") \
	T(UNREAD, false, "unread", "a part of the diff that a target is made from, and is not compared: assembly, or a file that nothing compiled reads") \
	T(BUILD_FILES, false, "build-files", "the diff changes options by which the target is built, too") \
	T(INEXACT, false, "inexact", "the diff fits only with fuzz, see patch(1)") \
	T(NEW_FILES, false, "new-files", "the build with the diff fails: its new files are not in the patch") \
	T(OTHER_CODE, false, "other-code", "the build makes other code than the target has") \
	T(COMPILER, false, "compiler", "the target was made by another compiler, or with other flags") \
	T(LOST, false, "lost", "a variable whose values the compiler had not kept, or that may have another name now") \
	T(RELIED_ON, false, "relied-on", "main relies on what the compiler found out of the old code") \
	T(UNCOMPARED, false, "uncompared", "who relies on the old code cannot be found") \
	T(QUIET, false, "quiet", "changes memory, and its callers may count on it not to") \
	T(NO_DEBUG, false, "no-debug", "no debug information: copies elsewhere are not seen") \
	T(NO_UNWIND, false, "no-unwind", "no unwind information: updates take longer") \
	T(LENGTH, false, "length", "symbol and unwind information differ about its length") \
	T(SAME_CODE, false, "same-code", "other names for the same code") \
	T(REBUILD, true, "rebuild", "the diff changes only options by which the target is built") \
	T(TEMPLATE, true, "template", "a template, or a member of one") \
	T(LAYOUT, true, "layout", "size or fields of a structure change") \
	T(VARIABLE_SIZE, true, "variable-size", "a variable that exists changes its size") \
	T(FIRST_VALUE, true, "first-value", "a variable that exists gets another first value, and no hook names it") \
	T(COPY, true, "copy", "the new code would work on a copy of a variable") \
	T(THREAD_LOCAL, true, "thread-local", "a thread-local variable that cannot be reached") \
	T(NAMELESS, true, "nameless", "one name in anonymous namespaces of two source files") \
	T(INLINED, true, "inlined", "copies in functions that are not replaced as well") \
	T(CLONES, true, "clones", "clones that the compiler made for certain callers") \
	T(ENTRY, true, "entry", "no jump can be written at its entry")          \
	T(NO_LENGTH, true, "no-length", "a function of unknown length")        \
	T(REGISTERS, true, "registers", "callers know of registers that no thunk can save") \
	T(MISSING, true, "missing", "no function or variable of that name")    \
	T(SEVERAL, true, "several", "several of that name")                    \
	T(IFUNC, true, "ifunc", "an indirect function (ifunc)")                \
	T(ALIAS, true, "alias", "another name of one function becomes one of another") \
	T(SHARED_CODE, true, "shared-code", "two functions to replace have one code") \
	T(DROPPED, true, "dropped", "a static function of which the compiler dropped a parameter") \
	T(SIGNATURE, true, "signature", "another result or other parameters")  \
	T(SEVERAL_TIMES, true, "several-times", "a source that a target has several times, and which is which is not certain") \
	T(JOINT, true, "joint", "targets that need one patch, and cannot have one") \
	T(NO_ADDRESS, true, "no-address", "a variable that compiler or linker left out") \
	T(ASSEMBLY, true, "assembly", "assembly that has the address of something of the target in an instruction")

enum report_topic {
#define T(NAME, refuses, id, text) TOPIC_##NAME,
	REPORT_TOPICS(T)
#undef T
};

/* Where in the source something stands. */
struct note_place {
	const char *file;
	const char *line;
};

struct report {
	enum report_topic topic;
	struct note_place place;
	const char *subject;
	const char *text;
	const char *todo; /* or NULL */
};

struct reports {
	struct report *report;
	size_t count;
	size_t refused, warned; /* how many of them */
};

struct build;

/*
 * Say something about `subject`, a function, variable or file: what it is, and
 * on the next line what to do (`todo`, or NULL). What was said before is not
 * said again: a header says the same in every unit that includes it.
 */
void build_tell(struct build *b, enum report_topic topic,
		const struct note_place *place, const char *subject,
		const char *todo, const char *format, ...)
	__attribute__((format(printf, 6, 7)));

/* Was anything of this topic said about the subject? */
bool report_has(const struct reports *all, enum report_topic topic, const char *subject);

/* And what is no reason to hesitate, not even with --strict; not kept. */
void build_remark(struct build *b, const struct note_place *place,
		  const char *subject, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* --json, --sarif: print the object about this build; that of a target of
 * several goes to its file for report_merge(). `error` is what ended it, or "". */
void report_print(struct build *b, int status, const char *error);

/* The same for several targets, from what each of them wrote. */
void report_merge(struct build *b, int status, const char *const *file,
		  size_t count);

#endif

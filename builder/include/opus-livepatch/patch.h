/*
 * patch.h - what the author of a patch writes beside plain C or C++.
 *
 * Included by: patches, compiled by `opus-build compile`. See opus-patch(5).
 * Runs on:     the build machine only: the macros leave strings in a section
 *              that does not reach the finished patch, and no code.
 * Locks:       none.
 * Signal:      safe: no code.
 *
 * A record is a row of NUL-terminated strings: "@opus:KIND", file, line, and
 * the fields of that kind. The next "@opus:" starts the next record.
 */
#ifndef OPUS_LIVEPATCH_PATCH_H
#define OPUS_LIVEPATCH_PATCH_H

#define OPUS_QUOTE_(...) #__VA_ARGS__
#define OPUS_QUOTE(...) OPUS_QUOTE_(__VA_ARGS__)

/* Stringizing the fields, string literals all, escapes them for the assembler.
 * Flag "e": the linker leaves the section out. */
#define OPUS_NOTE_(...)                                                        \
	__asm__(".pushsection .opus.note,\"e\",@progbits\n\t"                  \
		".asciz " #__VA_ARGS__ "\n\t"                                  \
		".popsection\n")
#define OPUS_NOTE(...) OPUS_NOTE_(__VA_ARGS__)

/* The patch: its name in the process, and one line for people. Exactly once. */
#define OPUS_PATCH(name, description)                                          \
	OPUS_NOTE("@opus:patch", __FILE__, OPUS_QUOTE(__LINE__), name, description)

/* A label, such as a CVE number. Any number of them. */
#define OPUS_LABEL(label)                                                      \
	OPUS_NOTE("@opus:label", __FILE__, OPUS_QUOTE(__LINE__), label)

/*
 * The function `name` of this file replaces the target's function of that
 * name. It must not be static here, whatever it is there. OPUS_REPLACE_IN says
 * in which source file of the target it is, by the end of the path, or
 * "OBJECT:path" if several targets have it. OPUS_REPLACE_NAME is for two
 * different names, mangled or (the target's) as C++ writes it:
 * OPUS_REPLACE_NAME("net::Conn::read(int)", "_ZN3net4Conn4readEi", "").
 */
#define OPUS_REPLACE(...)                                                      \
	OPUS_REPLACE_NAME(OPUS_QUOTE(__VA_ARGS__), OPUS_QUOTE(__VA_ARGS__), "")
#define OPUS_REPLACE_IN(name, unit)                                            \
	OPUS_REPLACE_NAME(OPUS_QUOTE(name), OPUS_QUOTE(name), unit)
#define OPUS_REPLACE_NAME(target_name, patch_name, unit)                       \
	OPUS_NOTE("@opus:replace", __FILE__, OPUS_QUOTE(__LINE__),             \
		  target_name, patch_name, unit)

/*
 * Behind a declaration: it stands for the target's `name`, static or not.
 *     extern int hits OPUS_REF(hits);
 */
#define OPUS_REF(name) __asm__("opus.ref." OPUS_QUOTE(name))

/*
 * Which `name` an OPUS_REF(name) means: the one in the source file `unit` (end
 * of its path, or ""), and, for a static variable inside a function, inside
 * `function` (or ""). OPUS_REF_NAME gives the name in the target as well, for
 * two variables of one name or for C++ names.
 */
#define OPUS_REF_IN(name, unit, function)                                      \
	OPUS_REF_NAME(name, OPUS_QUOTE(name), unit, function)
#define OPUS_REF_NAME(label, target_name, unit, function)                      \
	OPUS_NOTE("@opus:ref", __FILE__, OPUS_QUOTE(__LINE__),                 \
		  OPUS_QUOTE(label), target_name, unit, function)

/*
 * The agent calls int function(...): at `kind`, one of check pre_apply
 * post_apply pre_revert post_revert; in `where`, agent (all threads run) or
 * stopped (all others stand still; then only async-signal-safe calls). Its
 * arguments, with defaults: "int32 limit=5", "uint64 mask=0xff",
 * "double ratio=0.5", "string who=nobody", "address counter". It returns 0
 * if all is well.
 */
#define OPUS_HOOK(kind, function, where, ...)                                  \
	OPUS_NOTE("@opus:hook", __FILE__, OPUS_QUOTE(__LINE__), #kind,         \
		  #function, #where, ##__VA_ARGS__)

/* C++ destructors of function-local statics register themselves with it; the
 * compiler's start files, which define it elsewhere, are not linked in. */
#ifdef __cplusplus
__asm__(".pushsection .data.rel.ro.opus,\"aw\",@progbits\n\t"
	".weak __dso_handle\n\t.hidden __dso_handle\n\t.balign 8\n\t"
	"__dso_handle: .quad __dso_handle\n\t.popsection\n");
#endif

#endif

/*
 * object.h - a target: an executable or shared object, its symbols and code.
 *
 * Included by: builder/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 *
 * Symbols come from the object itself and from its debug file, code from the
 * object alone. All addresses are module addresses (plan.h).
 */
#ifndef OPUS_OBJECT_H
#define OPUS_OBJECT_H

#include <elf.h>
#include <elfutils/libdw.h>
#include <libelf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

#define OBJECT_BUILD_ID 64

struct object_symbol {
	const char *name;    /* without "@VERSION" */
	const char *version; /* or "" */
	const char *file;    /* name in the STT_FILE symbol before it, or "" */
	uint64_t value;
	uint64_t size;
	uint8_t type; /* STT_... */
	uint8_t bind; /* STB_... */
	uint8_t visibility;
	bool defined;     /* at an address */
	bool absolute;    /* a number (--defsym), and so not defined */
	bool dynamic;     /* from .dynsym */
	bool not_default; /* NAME@VERSION, not NAME@@VERSION */
	bool code;        /* lies in an executable section */
};

/* One dynamic relocation of the target. */
struct object_reloc {
	uint64_t place;
	uint64_t addend;
	uint32_t type;
	const char *name; /* of its symbol, or NULL */
};

/* [start, end) of one frame description entry of .eh_frame. */
struct object_frame {
	uint64_t start;
	uint64_t end;
};

struct object {
	char *path;
	const char *name; /* last part of the path */
	int fd;
	Elf *elf;
	const uint8_t *image; /* of the whole file */
	size_t image_size;
	uint16_t elf_type;
	bool executable; /* a program, not a library */
	bool symbolic;   /* looks for a symbol in itself first (-Bsymbolic) */
	bool open_functions; /* relocations name functions of its own */
	bool cet;        /* marked for indirect branch tracking */
	uint8_t build_id[OBJECT_BUILD_ID];
	size_t build_id_size;

	char *debug_path; /* the separate debug file, or NULL */
	int debug_fd;
	Elf *debug_elf; /* NULL if there is none */
	Dwarf *dwarf;   /* of the debug file, else of the object; or NULL */
	char *common_path; /* what dwz(1) made of several debug files, or NULL */
	int common_fd;
	Dwarf *common;

	struct object_symbol *symbol; /* by address, undefined ones last */
	size_t symbols;
	size_t defined;  /* how many of them are defined */
	bool has_symtab; /* not only .dynsym */
	struct object_reloc *reloc;
	size_t relocs;
	struct object_frame *frame; /* by start */
	size_t frames;
	char **text; /* strings that belong to the symbols */
	size_t texts;
};

/*
 * Open a target for x86-64 with its build-id, symbols, relocations, frames
 * and, if found, debug information: in `debug` (paths given by the user, tried
 * first, matched by build-id), below /usr/lib/debug by build-id, or by
 * .gnu_debuglink; with what it has in common with others, if dwz(1) has taken that
 * out. The caller gives *ret back with object_close().
 * Errors: OPUS_UNREADABLE, OPUS_INVALID (with what is wrong), OPUS_RESOURCE.
 */
enum opus_code object_open(const char *path, char *const *debug, size_t debugs,
			   struct object **ret, struct opus_error *err)
	MUST_CHECK;
void object_close(struct object *o);

/* The file's bytes for [at, at + size), or NULL if they are not all there. */
const uint8_t *object_bytes(const struct object *o, uint64_t at, uint64_t size);

/* The dynamic section, and its header; NULL if there is none. */
Elf_Data *object_dynamic(Elf *elf, GElf_Shdr *ret);

/* True if the address lies in a segment that is mapped executable. */
bool object_is_code(const struct object *o, uint64_t at);

/* True if a section with code or data of the source holds the address, or ends there.
 * Debug information gives what the linker dropped the address 0, gold a small one: the
 * first segment of a library or a position-independent program holds those, with the
 * ELF header and the linker's tables. */
bool object_has(const struct object *o, uint64_t at);

/* Has the object thread-local data of its own? */
bool object_has_tls(const struct object *o);

/* The frame that holds the address, or NULL. */
const struct object_frame *object_frame_at(const struct object *o, uint64_t at);

/* The function symbol that holds the address (by its size), or NULL; with
 * several, one that starts there, global ones first. */
const struct object_symbol *object_function_at(const struct object *o,
					       uint64_t at);

/* The next symbol at `at` behind `last`, or the first if that is NULL; NULL if there
 * is none. */
const struct object_symbol *object_symbol_at(const struct object *o, uint64_t at,
					     const struct object_symbol *last);

/* The first address behind `at` at which something else starts: a code
 * symbol, a frame, or the end of the section. */
uint64_t object_next_start(const struct object *o, uint64_t at);

/* Is the symbol of a name that several source files share? The linker makes a hidden
 * one local: ld(1) puts it behind those of the files, others leave its visibility. */
bool object_shares(const struct object_symbol *s);

/* True if a dynamic relocation of the object names this symbol. */
bool object_relocates(const struct object *o, const char *name);

/* Was the object linked with --wrap=NAME, if it has a function of this name, which is
 * __wrap_NAME? Not if it only offers that to others. */
#define OBJECT_WRAP "__wrap_"
bool object_wraps(const struct object *o, const char *name);

/* The build-id note in an ELF file: its length, 0 if it has none. */
size_t object_build_id(Elf *elf, uint8_t ret[OBJECT_BUILD_ID]);

/* Take symbols and debug information from a file that is known to describe the
 * same code, whatever its build-id. Errors: OPUS_UNREADABLE, OPUS_RESOURCE. */
enum opus_code object_debug_adopt(struct object *o, const char *path,
				  struct opus_error *err) MUST_CHECK;

/* object_debug.c: open the debug file, if there is one. Leaves debug_elf and
 * dwarf NULL otherwise. Errors: OPUS_INVALID if a file that the user named
 * is not an ELF file. */
enum opus_code object_debug_open(struct object *o, char *const *debug,
				 size_t debugs, struct opus_error *err)
	MUST_CHECK;
void object_debug_close(struct object *o);

/* object_symbol.c: fill symbol, reloc; object_frame.c: fill frame. */
enum opus_code object_symbols_read(struct object *o, struct opus_error *err)
	MUST_CHECK;
void object_symbols_free(struct object *o);
enum opus_code object_frames_read(struct object *o, struct opus_error *err)
	MUST_CHECK;

#endif

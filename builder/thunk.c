/*
 * thunk.c - code that stands before a new function and saves registers.
 *
 * Called by:  pass_keep.c, which says when and why.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 *     rbp + 16  arguments on the stack, if any
 *     rbp + 8   return address
 *     rbp       the caller's rbp
 *     rbp - 8   saved general registers, then vector registers
 *     rsp       copies of the arguments, aligned to 16
 *
 * The thunk calls the function by a second name (ld --defsym): its own name is
 * a GOT slot which leads to the target's entry, and so back here.
 */
#include "thunk.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "code.h"
#include "compile.h"
#include "facts.h"

static const char *const general[16] = {
	"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
	"r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15",
};

/* All registers of r->keep, moved to (`save`) or from their places. */
static int registers_move(FILE *f, const struct replace *r, bool wide, bool save)
{
	const char *op = wide ? "vmovups" : "movups";
	const char *name = wide ? "ymm" : "xmm";
	int size = wide ? 32 : 16, at = 0;

	for (int i = 0; i < 16; i++) {
		if (!(r->keep & REGSET_GENERAL(i)))
			continue;
		at += 8;
		if (save)
			fprintf(f, "\tmovq %%%s, %d(%%rbp)\n", general[i], -at);
		else
			fprintf(f, "\tmovq %d(%%rbp), %%%s\n", -at, general[i]);
	}
	for (int i = 0; i < 16; i++) {
		if (!(r->keep & REGSET_VECTOR(i)))
			continue;
		at += size;
		if (save)
			fprintf(f, "\t%s %%%s%d, %d(%%rbp)\n", op, name, i, -at);
		else
			fprintf(f, "\t%s %d(%%rbp), %%%s%d\n", op, -at, name, i);
	}
	return at;
}

static int registers_size(const struct replace *r, bool wide)
{
	return 8 * __builtin_popcount(r->keep & 0xffff) +
	       (wide ? 32 : 16) * __builtin_popcount(r->keep >> 16);
}

static void thunk_write(FILE *f, const struct replace *r, bool wide, int words,
			bool cet)
{
	const char *name = r->patch_name;

	fprintf(f, "\t.globl \"%s%s\"\n\t.type \"%s%s\", @function\n\t.balign 16\n",
		THUNK_PREFIX, name, THUNK_PREFIX, name);
	fprintf(f, "\"%s%s\":\n\t.cfi_startproc\n%s", THUNK_PREFIX, name,
		cet ? "\tendbr64\n" : "");
	fprintf(f, "\tpushq %%rbp\n\t.cfi_def_cfa_offset 16\n"
		   "\t.cfi_offset %%rbp, -16\n"
		   "\tmovq %%rsp, %%rbp\n\t.cfi_def_cfa_register %%rbp\n");
	fprintf(f, "\tsubq $%d, %%rsp\n", registers_size(r, wide));
	registers_move(f, r, wide, true);
	fprintf(f, "\tandq $-16, %%rsp\n");
	if (words % 2)
		fprintf(f, "\tsubq $8, %%rsp\n");
	for (int i = words; i > 0; i--)
		fprintf(f, "\tpushq %d(%%rbp)\n", 8 + 8 * i);
	fprintf(f, "\tcall \"%s%s\"\n", THUNK_NEW_PREFIX, name);
	registers_move(f, r, wide, false);
	fprintf(f, "\tleave\n\t.cfi_def_cfa %%rsp, 8\n\tret\n\t.cfi_endproc\n");
	fprintf(f, "\t.size \"%s%s\", . - \"%s%s\"\n", THUNK_PREFIX, name,
		THUNK_PREFIX, name);
}

enum opus_code thunk_add(struct build *b, struct replace *r, bool wide,
			 struct opus_error *err)
{
	const char *path = build_text(b, "%s/thunk.s", b->folder);
	int words = r->signature.known && !r->signature.variadic
			    ? r->signature.stack_words
			    : -1;
	FILE *f;

	if (words < 0 || words > 64) {
		build_tell(b, TOPIC_REGISTERS, &r->place, r->name,
			     "replace the functions that call it too, or compile the target with -fno-ipa-ra -fno-ipa-stack-alignment",
			     "its callers may rely on registers that it leaves alone, and its arguments on the stack cannot be counted%s",
			     words < 0 ? " (variadic, or no debug information in the patch)" : "");
		return OPUS_OK;
	}
	f = fopen(path, b->thunk_source ? "ae" : "we");
	if (!f)
		return error_set_errno(err, OPUS_RESOURCE, "cannot write %s", path);
	if (!b->thunk_source)
		fprintf(f, "\t.section .note.GNU-stack,\"\",@progbits\n\t.text\n");
	b->thunk_source = path;
	thunk_write(f, r, wide, words, b->target[r->target]->cet);
	if (fclose(f) != 0)
		return error_set_errno(err, OPUS_RESOURCE, "cannot write %s", path);
	r->thunk = build_text(b, "%s%s", THUNK_PREFIX, r->patch_name);
	if (b->options->verbose)
		fprintf(stderr, "opus-build: %s: a thunk saves %d registers for its callers\n",
			r->name, __builtin_popcount(r->keep));
	return OPUS_OK;
}

enum opus_code thunk_assemble(struct build *b, struct opus_error *err)
{
	struct command c = {0};
	enum opus_code code;

	if (!b->thunk_source)
		return OPUS_OK;
	b->thunk_object = build_text(b, "%s/thunk.o", b->folder);
	command_add_words(&c, compile_driver(b));
	command_add(&c, "-c");
	command_add(&c, "%s", b->thunk_source);
	command_add(&c, "-o");
	command_add(&c, "%s", b->thunk_object);
	code = command_run(&c, b->options->verbose, err);
	command_deinit(&c);
	return code;
}

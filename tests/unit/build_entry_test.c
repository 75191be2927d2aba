/*
 * build_entry_test.c - first instructions, before and after they are moved.
 *
 * Called by:  tests/run.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * Bytes have their assembly beside them. A displacement that is filled in later
 * is 0 in the result, and described by a fixup {at, from, to}.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "builder/entry.h"

#define ENTRY 0x1000

/* Try to move the `size` bytes of a function that are followed by `padding`
 * more. */
static bool move(const uint8_t *bytes, size_t size, size_t padding,
		 struct entry *ret, struct entry_fault *fault)
{
	struct entry_code code = {.bytes = bytes, .address = ENTRY, .size = size,
				  .usable = size + padding};

	return entry_move(&code, ret, fault);
}

static void moved_is(const struct entry *e, const uint8_t *want, size_t size)
{
	cr_assert_eq(e->moved_size, size);
	cr_assert_eq(memcmp(e->moved, want, size), 0);
	cr_assert_eq(e->point[e->points - 1].orig, e->jump_at + e->length);
	cr_assert_eq(e->point[e->points - 1].moved, size);
}

static void refused_for(const uint8_t *bytes, size_t size, size_t padding,
			const char *why)
{
	struct entry_fault fault;
	struct entry e;

	cr_assert(!move(bytes, size, padding, &e, &fault));
	cr_assert(strstr(fault.why, why), "\"%s\" is not about \"%s\"", fault.why,
		  why);
}

Test(entry, plain_instructions_are_copied)
{
	static const uint8_t code[] = {
		0x55,                   /* push %rbp */
		0x53,                   /* push %rbx */
		0x89, 0xfb,             /* mov %edi,%ebx */
		0x48, 0x83, 0xec, 0x08, /* sub $8,%rsp */
		0xc3,                   /* ret */
	};
	struct entry_fault fault;
	struct entry e;

	cr_assert(move(code, sizeof(code), 0, &e, &fault));
	cr_assert_eq(e.jump_at, 0);
	cr_assert_eq(e.length, 8);
	cr_assert_eq(e.fixups, 0);
	cr_assert_eq(e.points, 5);
	cr_assert_eq(e.point[2].orig, 2);
	moved_is(&e, code, 8);
}

Test(entry, endbr64_stays)
{
	static const uint8_t code[] = {
		0xf3, 0x0f, 0x1e, 0xfa,       /* endbr64 */
		0x8d, 0x47, 0x01,             /* lea 1(%rdi),%eax */
		0xb9, 0x07, 0x00, 0x00, 0x00, /* mov $7,%ecx */
		0xc3,                         /* ret */
	};
	struct entry_fault fault;
	struct entry e;

	cr_assert(move(code, sizeof(code), 0, &e, &fault));
	cr_assert_eq(e.jump_at, 4);
	cr_assert_eq(e.length, 8);
	cr_assert_eq(e.point[0].orig, 4);
	cr_assert_eq(e.point[0].moved, 0);
	moved_is(&e, code + 4, 8);
}

Test(entry, operands_relative_to_rip_are_fixed_up)
{
	static const uint8_t code[] = {
		/* movl $5,0x100(%rip): an immediate behind the displacement */
		0xc7, 0x05, 0x00, 0x01, 0x00, 0x00, 0x05, 0x00, 0x00, 0x00,
		0xc3, /* ret */
	};
	static const uint8_t want[] = {0xc7, 0x05, 0, 0, 0, 0, 0x05, 0, 0, 0};
	struct entry_fault fault;
	struct entry e;

	cr_assert(move(code, sizeof(code), 0, &e, &fault));
	moved_is(&e, want, sizeof(want));
	cr_assert_eq(e.fixups, 1);
	cr_assert_eq(e.fixup[0].at, 2);
	cr_assert_eq(e.fixup[0].from, 10);
	cr_assert_eq(e.fixup[0].to, ENTRY + 10 + 0x100);
}

Test(entry, short_branches_become_long)
{
	static const uint8_t code[] = {
		0x85, 0xff,                   /* test %edi,%edi */
		0x74, 0x10,                   /* je +0x10 */
		0xeb, 0xfa,                   /* jmp -6: to the entry */
		0xb8, 0x01, 0x00, 0x00, 0x00, /* mov $1,%eax */
		0xc3,                         /* ret */
	};
	static const uint8_t want[] = {
		0x85, 0xff, 0x0f, 0x84, 0, 0, 0, 0, /* je rel32 */
		0xe9, 0, 0, 0, 0,                   /* jmp rel32 */
	};
	struct entry_fault fault;
	struct entry e;

	cr_assert(move(code, sizeof(code), 0, &e, &fault));
	cr_assert_eq(e.length, 6);
	moved_is(&e, want, sizeof(want));
	cr_assert_eq(e.fixups, 2);
	cr_assert_eq(e.fixup[0].at, 4);
	cr_assert_eq(e.fixup[0].from, 8);
	cr_assert_eq(e.fixup[0].to, ENTRY + 4 + 0x10);
	cr_assert_eq(e.fixup[1].to, ENTRY);
	cr_assert_eq(e.point[2].orig, 4);
	cr_assert_eq(e.point[2].moved, 8);
}

Test(entry, long_branches_keep_their_condition)
{
	static const uint8_t code[] = {
		0x0f, 0x8f, 0x00, 0x02, 0x00, 0x00, /* jg +0x200 */
		0xc3,                               /* ret */
	};
	static const uint8_t want[] = {0x0f, 0x8f, 0, 0, 0, 0};
	struct entry_fault fault;
	struct entry e;

	cr_assert(move(code, sizeof(code), 0, &e, &fault));
	moved_is(&e, want, sizeof(want));
	cr_assert_eq(e.fixup[0].to, ENTRY + 6 + 0x200);
}

Test(entry, short_function_takes_its_padding)
{
	static const uint8_t code[] = {
		0x31, 0xc0,                   /* xor %eax,%eax */
		0xc3,                         /* ret */
		0x66, 0x90,                   /* xchg %ax,%ax */
		0x0f, 0x1f, 0x44, 0x00, 0x00, /* nopl 0(%rax,%rax) */
	};
	struct entry_fault fault;
	struct entry e;

	cr_assert(move(code, 3, 7, &e, &fault));
	cr_assert_eq(e.length, 10);
	moved_is(&e, code, 3);
	cr_assert_eq(e.points, 3);
}

Test(entry, what_is_too_short_is_refused)
{
	static const uint8_t code[] = {
		0x31, 0xc0, /* xor %eax,%eax */
		0xc3,       /* ret */
		0x55,       /* push %rbp: another function */
		0x90, 0x90, 0x90,
	};
	static const uint8_t falls[] = {
		0x31, 0xc0,                   /* xor %eax,%eax, and on */
		0x0f, 0x1f, 0x44, 0x00, 0x00, /* nopl: not its own */
	};

	refused_for(code, 3, 4, "is 3 bytes long, too short for the jump of 6 bytes");
	refused_for(code, 3, 0, "too short");
	refused_for(falls, 2, 5, "runs into the code behind it");
}

Test(entry, five_bytes_are_enough_for_the_short_jump)
{
	static const uint8_t code[] = {
		0x8d, 0x47, 0x01, /* lea 1(%rdi),%eax */
		0x90,             /* nop */
		0xc3,             /* ret */
	};
	struct entry_fault fault;
	struct entry e;

	cr_assert(move(code, sizeof(code), 0, &e, &fault));
	cr_assert_eq(e.length, PLAN_JUMP_SHORT);
	moved_is(&e, code, 5);
}

/* The moved call pushes the address behind the original one. */
Test(entry, a_call_at_the_end_is_moved)
{
	static const uint8_t code[] = {
		0x48, 0x83, 0xec, 0x08,       /* sub $8,%rsp */
		0xe8, 0x00, 0x01, 0x00, 0x00, /* call +0x100 */
		0xc3,                         /* ret */
	};
	static const uint8_t want[] = {
		0x48, 0x83, 0xec, 0x08,
		0xe8, 0, 0, 0, 0,                /* call next */
		0x48, 0x81, 0x04, 0x24, 0, 0, 0, 0, /* addq $..,(%rsp) */
		0xe9, 0, 0, 0, 0,                /* jmp rel32 */
	};
	struct entry_fault fault;
	struct entry e;

	cr_assert(move(code, sizeof(code), 0, &e, &fault));
	cr_assert_eq(e.length, 9);
	moved_is(&e, want, sizeof(want));
	cr_assert_eq(e.fixups, 2);
	cr_assert_eq(e.fixup[0].at, 13);
	cr_assert_eq(e.fixup[0].from, 9, "counted from the address that was pushed");
	cr_assert_eq(e.fixup[0].to, ENTRY + 9);
	cr_assert_eq(e.fixup[1].to, ENTRY + 9 + 0x100);
}

Test(entry, a_call_before_the_end_is_refused)
{
	static const uint8_t code[] = {
		0xff, 0xd0,                   /* call *%rax */
		0xb8, 0x01, 0x00, 0x00, 0x00, /* mov $1,%eax */
		0xc3,                         /* ret */
	};

	refused_for(code, sizeof(code), 0, "calls another function within");
}

Test(entry, what_cannot_be_moved_is_refused)
{
	static const uint8_t loop[] = {
		0x31, 0xc9,                   /* xor %ecx,%ecx */
		0xe2, 0x02,                   /* loop +2 */
		0xb8, 0x01, 0x00, 0x00, 0x00, /* mov $1,%eax */
		0xc3,                         /* ret */
	};
	static const uint8_t eip[] = {
		0x67, 0x8b, 0x05, 0x00, 0x01, 0x00, 0x00, /* mov 0x100(%eip),%eax */
		0xc3,                                     /* ret */
	};
	static const uint8_t breakpoint[] = {0xcc, 0x48, 0x83, 0xec, 0x08, 0x90, 0xc3};
	static const uint8_t unknown[] = {0x06, 0x48, 0x83, 0xec, 0x08, 0x90, 0xc3};

	refused_for(loop, sizeof(loop), 0, "loop, jrcxz or xbegin");
	refused_for(eip, sizeof(eip), 0, "32-bit address");
	refused_for(breakpoint, sizeof(breakpoint), 0, "breakpoint");
	refused_for(unknown, sizeof(unknown), 0, "no instruction that is known");
}

Test(entry, inside_is_between_the_ends)
{
	const struct entry e = {.jump_at = 4, .length = 7};

	cr_assert(!entry_inside(&e, ENTRY, ENTRY));
	cr_assert(!entry_inside(&e, ENTRY, ENTRY + 4));
	cr_assert(entry_inside(&e, ENTRY, ENTRY + 5));
	cr_assert(entry_inside(&e, ENTRY, ENTRY + 10));
	cr_assert(!entry_inside(&e, ENTRY, ENTRY + 11));
}

/* Anything at all may be at an entry. */
Test(entry, noise_is_moved_or_refused)
{
	uint32_t random = 1;

	for (int i = 0; i < 200000; i++) {
		uint8_t code[24];
		struct entry_fault fault;
		struct entry e;

		for (size_t k = 0; k < sizeof(code); k++) {
			random = random * 1664525 + 1013904223;
			code[k] = (uint8_t)(random >> 24);
		}
		if (!move(code, 1 + (random >> 8) % 24, 0, &e, &fault)) {
			cr_assert(fault.why[0] != 0);
			continue;
		}
		cr_assert_leq(e.moved_size, ENTRY_MOVED);
		for (uint32_t k = 0; k < e.fixups; k++)
			cr_assert_leq(e.fixup[k].at + 4, e.moved_size);
	}
}

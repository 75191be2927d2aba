/*
 * waits_test.c - the code of poll(2) in several libcs.
 *
 * Called by:  tests/run.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include <criterion/criterion.h>
#include <dlfcn.h>

#include "common/waits.h"

Test(waits, this_libc)
{
	void *libc = dlopen("libc.so.6", RTLD_LAZY);

	cr_assert(waits_shown(dlsym(libc, "poll")));
}

/* Debian's 2.41-12: push $7; call __syscall_cancel. What follows is of the next
 * functions, and makes other calls. */
Test(waits, glibc_2_41)
{
	static const uint8_t code[WAITS_CODE] = {
		0x48, 0x83, 0xec, 0x10, 0x48, 0x63, 0xd2, 0x45, 0x31, 0xc9, 0x45,
		0x31, 0xc0, 0x6a, 0x07, 0x31, 0xc9, 0xe8, 0xba, 0xba, 0xf8, 0xff,
		0x48, 0x83, 0xc4, 0x18, 0xc3, 0x90, 0xb8, 0x09, 0x00, 0x00, 0x00,
		0x0f, 0x05, 0xc3,
	};

	cr_assert_not(waits_shown(code));
}

/* A constant like the number, far from any system call. */
Test(waits, no_call)
{
	static const uint8_t code[WAITS_CODE] = {
		0xb8, 0x07, 0x00, 0x00, 0x00, 0xc3, [100] = 0x0f, 0x05,
	};

	cr_assert_not(waits_shown(code));
}

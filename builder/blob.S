/*
 * blob.S - files that opus-build carries inside: the object of preload/capture.c,
 *          and patch.h.
 *
 * Called by:  pass_unit.c and pass_compile.c, which write them into the
 *             temporary folder.
 * Runs on:    command: data only.
 * Locks:      none.
 * Signal:     safe: data only.
 */
	.macro blob name, file
	.globl \name, \name\()_end
	.hidden \name, \name\()_end
\name:
	.incbin "\file"
\name\()_end:
	.endm

	.section .rodata
	blob blob_capture, "capture.so"
	blob blob_patch_h, "builder/include/opus-livepatch/patch.h"
	.section .note.GNU-stack,"",@progbits

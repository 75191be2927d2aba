/*
 * capture_blob.S - the object of preload/capture.c, carried inside opus-build.
 *
 * Called by:  pass_unit.c, which writes it into its temporary folder.
 * Runs on:    command: data only.
 * Locks:      none.
 * Signal:     safe: data only.
 */
	.section .rodata
	.globl capture_blob, capture_blob_end
	.hidden capture_blob, capture_blob_end
capture_blob:
	.incbin "capture.so"
capture_blob_end:
	.section .note.GNU-stack,"",@progbits

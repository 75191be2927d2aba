/*
 * gate.S - stubs of entry gates and return hooks.
 *
 * Called by:  the jumps at patched entries; hooked return addresses.
 * Runs on:    any thread of the host program.
 * Locks:      none.
 * Signal:     safe.
 *
 * Every general register is kept, also those that the ABI lets a callee
 * clobber: GCC's -fipa-ra lets the caller of a local function rely on registers
 * that this one callee leaves alone. Vector and x87 registers are kept because
 * the C code called here is built with -mgeneral-regs-only.
 *
 * Stack at gate_common (grows down):      Stack at hook_common:
 *     return address of the caller  <- CFA - 8    (the same word before)
 *     address behind the stub's call              address behind the stub's call
 *     saved rbp                     <- rbp        saved rbp            <- rbp
 *     rax rcx rdx rsi rdi r8 r9 r10 r11           rax ... r11
 */
	.text

	.globl	gate_pool, gate_pool_end, gate_common, gate_common_end
	.globl	hook_pool, hook_pool_end, hook_common, hook_common_end
	.hidden	gate_pool, gate_pool_end, gate_common, gate_common_end
	.hidden	hook_pool, hook_pool_end, hook_common, hook_common_end
	.hidden	gate_enter_sig, gate_return_sig, gate_personality, gate_returns

	.macro	save_registers
	pushq	%rax
	pushq	%rcx
	pushq	%rdx
	pushq	%rsi
	pushq	%rdi
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	andq	$-16, %rsp
	.endm

	.macro	restore_registers
	leaq	-72(%rbp), %rsp
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rdi
	popq	%rsi
	popq	%rdx
	popq	%rcx
	popq	%rax
	.endm

	.type	gate_common, @function
gate_common:
	.cfi_startproc
	.cfi_def_cfa_offset 16
	pushq	%rbp
	.cfi_def_cfa_offset 24
	.cfi_offset rbp, -24
	movq	%rsp, %rbp
	.cfi_def_cfa_register rbp
	save_registers
	movq	8(%rbp), %rdi
	leaq	16(%rbp), %rsi
	call	gate_enter_sig
	movq	%rax, 8(%rbp)
	restore_registers
	popq	%rbp
	.cfi_def_cfa rsp, 16
	.cfi_restore rbp
	/* Not a return: the word under the return address says where to go. */
	ret
	.cfi_endproc
gate_common_end:
	.size	gate_common, .-gate_common

	/*
	 * hook_common is called from a return stub, and the stub's own unwind
	 * information leads on to the true caller: ordinary CFI is enough here.
	 */
	.type	hook_common, @function
hook_common:
	.cfi_startproc
	pushq	%rbp
	.cfi_def_cfa_offset 16
	.cfi_offset rbp, -16
	movq	%rsp, %rbp
	.cfi_def_cfa_register rbp
	save_registers
	movq	8(%rbp), %rdi
	call	gate_return_sig
	movq	%rax, 8(%rbp)
	restore_registers
	popq	%rbp
	.cfi_def_cfa rsp, 8
	.cfi_restore rbp
	ret
	.cfi_endproc
hook_common_end:
	.size	hook_common, .-hook_common

	/*
	 * Landing pad of a return stub (personality.c). rsp: as after the
	 * return; rax: exception; rdx: struct gate_return, whose `before` is
	 * now the unwinder's _Unwind_Resume. As if the caller itself had called
	 * that in place of the hooked function.
	 */
	.globl	hook_landing
	.hidden	hook_landing
	.type	hook_landing, @function
hook_landing:
	.cfi_startproc
	.cfi_def_cfa rsp, 0
	.cfi_undefined rip
	pushq	(%rdx)
	.cfi_def_cfa_offset 8
	.cfi_offset rip, -8
	movq	%rax, %rdi
	jmp	*8(%rdx)
	.cfi_endproc
	.size	hook_landing, .-hook_landing

	/* One call per site; CFA is rsp + 8 throughout, as at any entry. */
	.balign	4096
	.type	gate_pool, @function
gate_pool:
	.cfi_startproc
	.rept	16384
	call	gate_common
	.balign	8, 0x90
	.endr
	.cfi_endproc
gate_pool_end:
	.size	gate_pool, .-gate_pool

	/*
	 * Return stubs: pages of 255, each stub 16 bytes, and at offset 0xff0
	 * of the page the distance from the page to its part of gate_returns,
	 * whose entries are 16 bytes as well. So an unwinder can find the true
	 * return address of stub i by arithmetic on the stub's address ra:
	 *
	 *   page   = (ra - 1) & ~0xfff
	 *   offset = (ra - 1) &  0xff0
	 *   place  = page + *(s64 *)(page + 0xff0) + offset + 8   (.before)
	 *
	 * which is the DWARF expression below (DWARF 5, 2.5; "RA is saved at").
	 * .cfi_signal_frame makes unwinders take `.before` as an exact address,
	 * which therefore lies inside the caller's call instruction, and keeps
	 * this frame, whose CFA equals the next one's, apart from it.
	 */
	.balign	4096
	.type	hook_pool, @function
hook_pool:
	.cfi_startproc
	.cfi_signal_frame
	.cfi_personality 0x9b, gate_personality_ref
	.cfi_def_cfa rsp, 0
	/* DW_CFA_expression r16, 22 bytes: breg16 -1; dup; const2u 0xff0; and;
	 * swap; const2s -4096; and; dup; const2u 0xff0; plus; deref; plus;
	 * plus; plus_uconst 8. Of the operations only those that LLVM's libunwind
	 * knows: for others, nop too, it aborts. */
	.cfi_escape 0x10, 16, 22, 0x80, 0x7f, 0x12, 0x0a, 0xf0, 0x0f, 0x1a, \
		0x16, 0x0b, 0x00, 0xf0, 0x1a, 0x12, 0x0a, 0xf0, 0x0f, 0x22, \
		0x06, 0x22, 0x22, 0x23, 0x08
	.set	page, 0
	.rept	32
	.rept	255
	nop
	call	hook_common
	.balign	16, 0x90
	.endr
	.quad	gate_returns - hook_pool
	.quad	0
	.set	page, page + 1
	.endr
	.cfi_endproc
hook_pool_end:
	.size	hook_pool, .-hook_pool

	.section .data.rel.ro, "aw"
	.balign	8
	.hidden	gate_personality_ref
	.type	gate_personality_ref, @object
	.size	gate_personality_ref, 8
gate_personality_ref:
	.quad	gate_personality

	.section .note.GNU-stack, "", @progbits

/* The beacon fills its last page, so that the loader clears no rest of it for
 * .bss at each start. */
	.section .opus.beacon, "aw"
	.balign	4096

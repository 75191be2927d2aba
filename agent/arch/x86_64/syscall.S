/*
 * syscall.S - libc's syscall(), with its number left where a handler finds it.
 *
 * Called by:  the host program, in place of libc's function.
 * Runs on:    any thread.
 * Locks:      none.
 * Signal:     safe, as libc's.
 *
 * syscall(2) moves the number from rdi to rax and overwrites rdi, so that after
 * an EINTR nobody can tell which call was broken off. Here it stays in the red
 * zone, where the kernel does not put signal frames (psABI 3.2.2). Calls with a
 * relative time-out need a note of when they began (restart_sig.c).
 */
	.text
	.globl	syscall, restart_syscall, restart_syscall_return
	.hidden	restart_syscall, restart_syscall_return
	.hidden	restart_calls, restart_call_sig
	.type	syscall, @function
syscall:
	.cfi_startproc
	endbr64
	cmpq	$512, %rdi
	jae	restart_syscall
	leaq	restart_calls(%rip), %rax
	cmpb	$0, (%rax,%rdi)
	jne	restart_call_sig
restart_syscall:
	movq	%rdi, %rax
	movq	%rdi, -8(%rsp)
	movq	%rsi, %rdi
	movq	%rdx, %rsi
	movq	%rcx, %rdx
	movq	%r8, %r10
	movq	%r9, %r8
	movq	8(%rsp), %r9
	syscall
restart_syscall_return:
	cmpq	$-4095, %rax
	jae	1f
	ret
1:	negl	%eax
	pushq	%rax
	.cfi_adjust_cfa_offset 8
	call	*__errno_location@GOTPCREL(%rip)
	popq	%rcx
	.cfi_adjust_cfa_offset -8
	movl	%ecx, (%rax)
	movq	$-1, %rax
	ret
	.cfi_endproc
	.size	syscall, .-syscall
	.section .note.GNU-stack, "", @progbits

/*
 * playground.S - make a thread in the target that loads the agent.
 *
 * Called by:  inject.c, which copies it into the target.
 * Runs on:    playground_start: the borrowed thread, rbx: the data;
 *             playground_thread: the thread that it makes.
 * Locks:      those of pthread_create() and dlopen().
 * Signal:     the host's are blocked.
 *
 * Position-independent, and reads nothing but the data: it runs at any address.
 */
#include <sys/syscall.h>

#include "injector/playground.h"

#define FUTEX_WAIT 0
#define FUTEX_WAKE 1
#define RTLD_NOW 2
#define ETIMEDOUT 110
#define CLONE_FS 0x200
#define LEAVE_SECONDS 5
#define CATCH_NANOSECONDS 200000000

	.section .rodata
	.globl	playground_start, playground_end
	.hidden	playground_start, playground_end

playground_start:
	leaq	PG_THREAD(%rbx), %rdi
	xorl	%esi, %esi
	leaq	playground_thread(%rip), %rdx
	movq	%rbx, %rcx
	call	*PG_CREATE(%rbx)
	movl	%eax, PG_RESULT(%rbx)
	movl	$PLAYGROUND_BACK, PG_BACK(%rbx)
	movl	$SYS_futex, %eax
	leaq	PG_BACK(%rbx), %rdi
	movl	$FUTEX_WAKE, %esi
	movl	$1, %edx
	syscall
	/* The tool stops it here. If it was killed: home. A futex with a time
	 * limit would overwrite what the kernel keeps of the interrupted wait
	 * (the restart block, restart_syscall(2)); ppoll does not use that. */
	pushq	$CATCH_NANOSECONDS
	pushq	$0
	movl	$SYS_ppoll, %eax
	xorl	%edi, %edi
	xorl	%esi, %esi
	movq	%rsp, %rdx
	xorl	%r10d, %r10d
	movl	$8, %r8d
	syscall
	movl	$PLAYGROUND_LEFT, PG_BACK(%rbx)
	movq	PG_HOME(%rbx), %rsp
	ret

playground_thread:
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	movq	%rdi, %rbx
	movl	$PLAYGROUND_LOADING, PG_STATE(%rbx)
	call	*PG_SELF(%rbx)
	movq	%rax, %rdi
	call	*PG_DETACH(%rbx)
	/* The borrowed thread may still be in the code, and the agent is not in
	 * the memfd yet. If the tool was killed, nobody tells: then code and data
	 * stay. */
	pushq	$0
	pushq	$LEAVE_SECONDS
1:	cmpl	$0, PG_RELEASED(%rbx)
	jne	2f
	movl	$SYS_futex, %eax
	leaq	PG_RELEASED(%rbx), %rdi
	xorl	%esi, %esi /* FUTEX_WAIT */
	xorl	%edx, %edx
	movq	%rsp, %r10
	syscall
	cmpq	$-ETIMEDOUT, %rax
	jne	1b
2:	addq	$16, %rsp
	movl	PG_FOLDER(%rbx), %r12d
	testl	%r12d, %r12d
	js	4f
	/* The working folder of this thread alone. */
	movl	$SYS_unshare, %eax
	movl	$CLONE_FS, %edi
	syscall
	testl	%eax, %eax
	jnz	3f
	movl	$SYS_fchdir, %eax
	movl	%r12d, %edi
	syscall
3:	movl	$SYS_close, %eax
	movl	%r12d, %edi
	syscall
4:	movl	$PLAYGROUND_FAILED, %r12d
	cmpl	$PLAYGROUND_LOAD, PG_RELEASED(%rbx)
	jne	6f
	leaq	PG_PATH(%rbx), %rdi
	movl	$RTLD_NOW, %esi
	call	*PG_DLOPEN(%rbx)
	movl	$PLAYGROUND_LOADED, %r12d
	testq	%rax, %rax
	jnz	6f
	call	*PG_DLERROR(%rbx)
	leaq	PG_TEXT(%rbx), %rdi
	movq	%rax, %rsi
	movl	$PG_TEXT_SIZE - 1, %ecx
5:	lodsb
	stosb
	testb	%al, %al
	loopnz	5b
	movl	$PLAYGROUND_FAILED, %r12d
6:	movl	PG_FD(%rbx), %edi
	movl	$SYS_close, %eax
	syscall
	movl	%r12d, PG_STATE(%rbx)
	movl	$SYS_futex, %eax
	leaq	PG_STATE(%rbx), %rdi
	movl	$FUTEX_WAKE, %esi
	movl	$1, %edx
	syscall
	cmpl	$0, PG_RELEASED(%rbx)
	jne	7f
	xorl	%eax, %eax
	popq	%r13
	popq	%r12
	popq	%rbx
	ret
7:	movq	PG_CODE(%rbx), %r12
	movq	PG_MUNMAP(%rbx), %r13
	movq	%rbx, %rdi
	movl	$PLAYGROUND_DATA, %esi
	movl	$SYS_munmap, %eax
	syscall
	movq	%r12, %rdi
	movl	$PLAYGROUND_CODE, %esi
	movq	%r13, %rax
	popq	%r13
	popq	%r12
	popq	%rbx
	jmp	*%rax /* returns to pthread_create()'s caller of this thread */
playground_end:

	.section .note.GNU-stack, "", @progbits

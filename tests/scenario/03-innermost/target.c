/*
 * A thread inside work() whose innermost frames are of a kind that unwinders
 * get wrong. The patch changes work().
 *
 *   start KIND -> "inside TID"
 *   leave      -> the result of work(), 1 for the old code
 *   call       -> the result of work() in this thread
 */
#include <dlfcn.h>
#include <sys/mman.h>

#include "target.h"

static struct door go, inside;
static volatile int leave, spinning;
static const char *library, *library_waits;
static volatile int zero; /* keeps results from being constants */

/* Hand-written, without unwind information. asm_read() is asked to wait in
 * the kernel, with nothing where a frame pointer would be; asm_spin() spins;
 * asm_stack() does the wait on a stack of its own. */
extern long asm_read(int fd, char *to, long size);
extern void asm_spin(volatile int *leave, volatile int *spinning);
extern long asm_stack(int fd, char *to, long size, void *stack);
__asm__(
"	.text\n"
"	.type asm_read, @function\n"
"asm_read:\n"
"	push %rbp\n	push %rbx\n	push %r12\n"
"	mov $0x1234567, %rbp\n"
"	sub $4096, %rsp\n"
"	xor %eax, %eax\n"
"	syscall\n"
"	add $4096, %rsp\n"
"	pop %r12\n	pop %rbx\n	pop %rbp\n"
"	ret\n"
"	.size asm_read, .-asm_read\n"
"	.type asm_spin, @function\n"
"asm_spin:\n"
"	push %rbp\n"
"	mov $42, %rbp\n"
"	movl $1, (%rsi)\n"
"1:	push $7\n	pop %rax\n	pause\n"
"	cmpl $0, (%rdi)\n"
"	je 1b\n"
"	pop %rbp\n"
"	ret\n"
"	.size asm_spin, .-asm_spin\n"
"	.type asm_stack, @function\n"
"asm_stack:\n"
"	push %rbp\n	push %rbx\n"
"	mov %rsp, %rbx\n"
"	mov %rcx, %rsp\n"
"	xor %ebp, %ebp\n"
"	xor %eax, %eax\n"
"	syscall\n"
"	mov %rbx, %rsp\n"
"	pop %rbx\n	pop %rbp\n"
"	ret\n"
"	.size asm_stack, .-asm_stack\n");

static void wait_vdso(void)
{
	struct timespec t;

	door_open(&inside);
	while (!leave)
		clock_gettime(CLOCK_MONOTONIC, &t);
}

static void wait_ldso(void)
{
	door_open(&inside);
	while (!leave)
		dlclose(dlopen(library, RTLD_NOW));
}

static void wait_constructor(void)
{
	setenv("WAIT_ENTERED", "", 1);
	dlclose(dlopen(library_waits, RTLD_NOW));
}

static void on_signal(int number)
{
	(void)number;
	door_open(&inside);
	door_pass(&go);
}

static void wait_handler(int flags)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = flags };
	size_t size = 65536;
	stack_t stack = { .ss_size = size };

	stack.ss_sp = mmap(NULL, size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	sigaltstack(&stack, NULL);
	sigaction(SIGUSR1, &action, NULL);
	/* The handler interrupts this very loop, not a system call. */
	spinning = 1;
	while (!leave)
		;
}

static void wait_asm(const char *kind)
{
	char c;

	if (!strcmp(kind, "asm-spin")) {
		asm_spin(&leave, &spinning);
		return;
	}
	door_open(&inside);
	if (!strcmp(kind, "asm-read")) {
		asm_read(go.fd[0], &c, 1);
	} else {
		size_t size = 65536;
		char *stack = mmap(NULL, size, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		asm_stack(go.fd[0], &c, 1, stack + size - 64);
		munmap(stack, size);
	}
}

/* The function that is patched. */
ATTR int work(const char *kind)
{
	if (!strcmp(kind, "call"))
		return 1 + zero;
	if (!strcmp(kind, "vdso"))
		wait_vdso();
	else if (!strcmp(kind, "ldso"))
		wait_ldso();
	else if (!strcmp(kind, "constructor"))
		wait_constructor();
	else if (!strcmp(kind, "handler"))
		wait_handler(0);
	else if (!strcmp(kind, "altstack"))
		wait_handler(SA_ONSTACK);
	else
		wait_asm(kind);
	return 1 + zero;
}

static char kind_now[32];
static int result, tid_now;

static void *work_main(void *unused)
{
	tid_now = thread_id();
	result = work(kind_now);
	return unused;
}

static void start(pthread_t *thread)
{
	leave = spinning = 0;
	result = 0;
	if (pthread_create(thread, NULL, work_main, NULL))
		die("pthread_create");
	if (strstr(kind_now, "handler") || !strcmp(kind_now, "altstack")) {
		while (!spinning)
			usleep(100);
		pthread_kill(*thread, SIGUSR1);
	}
	if (!strcmp(kind_now, "asm-spin")) {
		while (!spinning)
			usleep(100);
	} else {
		door_pass(&inside);
	}
}

int main(int argc, char **argv)
{
	pthread_t thread;
	char line[64];

	door_init(&go);
	door_init(&inside);
	library = argc > 1 ? argv[1] : "";
	library_waits = argc > 2 ? argv[2] : "";
	while (next(line, sizeof(line))) {
		if (sscanf(line, "start %31s", kind_now) == 1) {
			/* The library's constructor finds its doors so. */
			char doors[64];

			snprintf(doors, sizeof(doors), "%d %d", inside.fd[1],
				 go.fd[0]);
			setenv("WAIT_DOORS", doors, 1);
			start(&thread);
			say("inside %d", tid_now);
		} else if (!strcmp(line, "leave")) {
			leave = 1;
			if (strcmp(kind_now, "vdso") && strcmp(kind_now, "ldso") &&
			    strcmp(kind_now, "asm-spin"))
				door_open(&go);
			pthread_join(thread, NULL);
			say("%d", result);
		} else if (!strcmp(line, "call")) {
			say("%d", work("call"));
		} else {
			die("no such command");
		}
	}
	return 0;
}

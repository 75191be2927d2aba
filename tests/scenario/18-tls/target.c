/*
 * A thread by clone(2) that libc knows nothing of: with its parent's thread-local
 * storage, or (argument "bare") with none; from the start, unless told "later".
 *
 *   begin -> "begun": one more such thread
 *   call -> version of work() here, and of the thread's last call
 *   pin  -> "pinned TID": a thread of libc waits inside work()
 *   free -> version that it ran
 *   end  -> "ended" when the thread has, and how many of its sleeps were cut
 *   heap -> "whole" after a second of malloc and free
 */
#include <asm/prctl.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "target.h"

enum { STACK = 1 << 16, BLOCKS = 64 };

static volatile int zero, last, ending, cut, bare;
static volatile int child = 1; /* the kernel writes 0 here when it ends */
static sem_t go, inside;

ATTR int work(int wait)
{
	if (wait) {
		sem_post(&inside);
		sem_wait(&go);
	}
	return 1 + zero;
}

/* The outermost frame of such a thread, for who reads its stack. */
long cloned(long flags, void *stack, volatile int *tid);
__asm__(".text\n"
	"cloned: .cfi_startproc\n"
	"	mov $56, %eax\n" /* clone */
	"	mov %rdx, %r10\n"
	"	syscall\n"
	"	test %rax, %rax\n"
	"	jz 1f\n"
	"	ret\n"
	"	.cfi_undefined rip\n"
	"1:	call body\n"
	"	hlt\n"
	"	.cfi_endproc\n");

/* With the number where the agent looks for it, as in libc's functions. */
#define CALL(number, a, b) ({                                                  \
	long ret;                                                              \
									       \
	__asm__ volatile("mov %1, %%eax\n\tsyscall" : "=&a"(ret)               \
			 : "i"(number), "D"(a), "S"(b)                         \
			 : "rcx", "r11", "memory");                            \
	ret;                                                                   \
})

__attribute__((used, no_stack_protector)) void body(void)
{
	const struct timespec slice = {0, 1000000};

	if (bare)
		CALL(SYS_arch_prctl, ARCH_SET_FS, 0);
	while (!ending) {
		last = work(0);
		if (CALL(SYS_nanosleep, &slice, 0) != 0)
			cut++;
	}
	CALL(SYS_exit, 0, 0);
}

static void begin(void)
{
	char *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
		     CLONE_THREAD | CLONE_SYSVSEM | CLONE_CHILD_CLEARTID;

	if (stack == MAP_FAILED || cloned(flags, stack + STACK, &child) < 0)
		die("clone");
}

static const char *heap(void)
{
	unsigned char *blocks[BLOCKS] = {0};
	size_t sizes[BLOCKS] = {0};
	time_t end = time(NULL) + 2;

	for (unsigned n = 0; time(NULL) < end; n++) {
		unsigned i = n * 2654435761u % BLOCKS;

		for (size_t k = 0; k < sizes[i]; k++)
			if (blocks[i][k] != (unsigned char)i)
				return "a block has changed";
		free(blocks[i]);
		sizes[i] = 1 + n % 700;
		blocks[i] = malloc(sizes[i]);
		memset(blocks[i], (int)i, sizes[i]);
	}
	for (int i = 0; i < BLOCKS; i++)
		free(blocks[i]);
	return "whole";
}

static void *pin(void *tid)
{
	*(int *)tid = gettid();
	return (void *)(intptr_t)work(1);
}

int main(int argc, char **argv)
{
	pthread_t pinned;
	char line[64];
	int tid;

	bare = argc > 1 && !strcmp(argv[1], "bare");
	sem_init(&go, 0, 0);
	sem_init(&inside, 0, 0);
	if (argc < 3)
		begin();
	while (next(line, sizeof(line))) {
		if (!strcmp(line, "begin")) {
			begin();
			say("begun");
		} else if (!strcmp(line, "call")) {
			last = 0;
			while (!last)
				usleep(100);
			say("%d %d", work(0), last);
		} else if (!strcmp(line, "pin")) {
			pthread_create(&pinned, NULL, pin, &tid);
			sem_wait(&inside);
			say("pinned %d", tid);
		} else if (!strcmp(line, "free")) {
			sem_post(&go);
			say_joined(pinned);
		} else if (!strcmp(line, "end")) {
			ending = 1;
			while (child)
				usleep(100);
			say("ended %d", cut);
		} else if (!strcmp(line, "heap")) {
			say("%s", heap());
		} else {
			die("no such command");
		}
	}
	return 0;
}

/*
 * A thread that a signal has interrupted between the first two instructions of
 * a function, where the jump will be. Its handler runs on top, and another
 * signal's handler, when told so, on top of that.
 *
 *   fault  -> "faulted": a thread waits in the handler of its SIGSEGV
 *   twice  -> "twice": and in the handler of a SIGUSR1 on top
 *   repair -> what the function gave in the end
 *   call   -> value(0, &one), version 1 or 2
 */
#include <ucontext.h>

#include "target.h"

static struct door inside, go;
static int one = 1;
static pthread_t thread;

/* Two bytes, then a load that faults; the patch answers one more. */
extern int value(int, const int *);
__asm__(".text\n"
	".globl value\n"
	".type value, @function\n"
	"value:\n"
	".cfi_startproc\n"
	"testl %edi, %edi\n"
	"movl (%rsi), %eax\n"
	"addl %edi, %eax\n"
	"nopw 0(%rax, %rax)\n"
	"ret\n"
	".cfi_endproc\n"
	".size value, .-value\n");

static void on_usr1(int number)
{
	(void)number;
	door_open(&inside);
	door_pass(&go);
}

static void on_segv(int number, siginfo_t *info, void *context)
{
	ucontext_t *c = context;

	(void)number, (void)info;
	door_open(&inside);
	door_pass(&go);
	c->uc_mcontext.gregs[REG_RSI] = (greg_t)&one;
}

static void *fault(void *unused)
{
	(void)unused;
	return (void *)(intptr_t)value(0, NULL);
}

int main(void)
{
	struct sigaction segv = { .sa_sigaction = on_segv,
				  .sa_flags = SA_SIGINFO };
	struct sigaction usr1 = { .sa_handler = on_usr1,
				  .sa_flags = SA_RESTART };
	int doors = 0;
	void *result;
	char line[64];

	door_init(&inside);
	door_init(&go);
	sigaction(SIGSEGV, &segv, NULL);
	sigaction(SIGUSR1, &usr1, NULL);
	while (next(line, sizeof(line))) {
		if (!strcmp(line, "fault")) {
			if (pthread_create(&thread, NULL, fault, NULL))
				die("pthread_create");
			door_pass(&inside);
			doors = 1;
			say("faulted");
		} else if (!strcmp(line, "twice")) {
			pthread_kill(thread, SIGUSR1);
			door_pass(&inside);
			doors++;
			say("twice");
		} else if (!strcmp(line, "repair")) {
			while (doors-- > 0)
				door_open(&go);
			pthread_join(thread, &result);
			say("%d", (int)(intptr_t)result);
		} else if (!strcmp(line, "call")) {
			say("%d", value(0, &one));
		} else {
			die("no such command");
		}
	}
	return 0;
}

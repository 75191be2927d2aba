/*
 * A program with an io_uring whose queue is looked at by a thread of the kernel
 * (IORING_SETUP_SQPOLL). That thread is listed as one of the process and takes
 * no signal.
 *
 *   -> "ready", or "none" where the kernel has no io_uring for us
 *   call -> version of work()
 */
#include <linux/io_uring.h>

#include "target.h"

static volatile int zero;

ATTR int work(int value)
{
	return value + 1 + zero;
}

int main(void)
{
	struct io_uring_params p = { .flags = IORING_SETUP_SQPOLL,
				     .sq_thread_idle = 1000 };
	char line[64];

	say(syscall(SYS_io_uring_setup, 8, &p) < 0 ? "none" : "ready");
	while (next(line, sizeof(line)))
		say("%d", work(0));
	return 0;
}

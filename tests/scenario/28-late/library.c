/* Loaded when the agent is there already. */
#include <poll.h>
#include <unistd.h>

int library_wait(int ms)
{
	return poll(NULL, 0, ms);
}

/* The program has a function of this name. */
int library_pause(void)
{
	return usleep(7);
}

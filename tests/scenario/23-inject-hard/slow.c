/* A library whose constructor takes its time, with the loader's lock held. */
#include <unistd.h>

__attribute__((constructor)) static void start(void)
{
	sleep(4);
}

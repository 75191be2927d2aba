#include <opus-livepatch/patch.h>

#include <stdlib.h>

OPUS_PATCH("dies", "work() kills the program");

int work(void)
{
	abort();
}
OPUS_REPLACE(work);

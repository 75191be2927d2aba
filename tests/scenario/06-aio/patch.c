#include <opus-livepatch/patch.h>

OPUS_PATCH("aio", "work() gives 2");

int work(void)
{
	return 2;
}
OPUS_REPLACE(work);

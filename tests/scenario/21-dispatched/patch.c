#include <opus-livepatch/patch.h>

OPUS_PATCH("dispatch", "work() gives 2");

int work(void)
{
	return 2;
}
OPUS_REPLACE(work);

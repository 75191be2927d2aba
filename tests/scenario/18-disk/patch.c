#include <opus-livepatch/patch.h>

OPUS_PATCH("disk", "work() answers 2");

int work(void)
{
	return 2;
}
OPUS_REPLACE(work);

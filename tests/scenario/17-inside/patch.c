#include <opus-livepatch/patch.h>

OPUS_PATCH("inside", "work answers 2");

int work(void)
{
	return 2;
}
OPUS_REPLACE(work);

#include <opus-livepatch/patch.h>

OPUS_PATCH("greenlet", "work() adds 2");

int work(int value)
{
	return value + 2;
}
OPUS_REPLACE(work);

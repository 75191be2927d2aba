#include <opus-livepatch/patch.h>

OPUS_PATCH("third", "work() answers 3");

int work(int wait)
{
	return wait < 0 ? 0 : 3;
}
OPUS_REPLACE(work);

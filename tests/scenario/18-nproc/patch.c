#include <opus-livepatch/patch.h>

OPUS_PATCH("nproc", "work() answers 2");

int work(int value)
{
	return value + 2;
}
OPUS_REPLACE(work);

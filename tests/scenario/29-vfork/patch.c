#include <opus-livepatch/patch.h>

OPUS_PATCH("vfork", "work() is version 2");

int work(int inside)
{
	return inside ? -2 : 2;
}
OPUS_REPLACE(work);

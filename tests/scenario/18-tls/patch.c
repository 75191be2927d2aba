#include <opus-livepatch/patch.h>

OPUS_PATCH("tls", "work() answers 2");

int work(int wait)
{
	return wait < 0 ? 0 : 2;
}
OPUS_REPLACE(work);

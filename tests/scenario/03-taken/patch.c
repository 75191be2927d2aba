#include <opus-livepatch/patch.h>

OPUS_PATCH("taken", "work() gives 2");

int work(int how)
{
	(void)how;
	return 2;
}
OPUS_REPLACE(work);

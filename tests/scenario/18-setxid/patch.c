#include <opus-livepatch/patch.h>

OPUS_PATCH("setxid", "answers 2");

int work(void);
int work(void)
{
	return 2;
}
OPUS_REPLACE(work);

#include <opus-livepatch/patch.h>
OPUS_PATCH("spawn", "another version");

int work(void)
{
	return 2;
}
OPUS_REPLACE(work);

#include <opus-livepatch/patch.h>

OPUS_PATCH("retry", "nobody stays any more");

int sits(int stay)
{
	(void)stay;
	return 2;
}
OPUS_REPLACE(sits);

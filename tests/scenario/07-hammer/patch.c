#include <opus-livepatch/patch.h>

OPUS_PATCH("hammer", "inside() and version() answer 2");

int inside(void (*what)(unsigned *seed), unsigned *seed)
{
	what(seed);
	return 2;
}
OPUS_REPLACE(inside);

int version(void)
{
	return 2;
}
OPUS_REPLACE(version);

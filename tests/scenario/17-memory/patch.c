#include <opus-livepatch/patch.h>

OPUS_PATCH("memory" OPUS_QUOTE(TIMES), "one() and ten() answer more");

int one(void)
{
	return TIMES;
}
OPUS_REPLACE(one);

int ten(void)
{
	return 10 * TIMES;
}
OPUS_REPLACE(ten);

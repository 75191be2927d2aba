#include <opus-livepatch/patch.h>

OPUS_PATCH("write", "all functions in version 2");

int first(void)
{
	return 2;
}
OPUS_REPLACE(first);

int second(void)
{
	return 2;
}
OPUS_REPLACE(second);

int third(void)
{
	return 2;
}
OPUS_REPLACE(third);

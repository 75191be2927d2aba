#include <opus-livepatch/patch.h>

OPUS_PATCH("unload", "two libraries");

int value_one(int x)
{
	return x + 2;
}
OPUS_REPLACE(value_one);

int value_two(int x)
{
	return x + 3;
}
OPUS_REPLACE(value_two);

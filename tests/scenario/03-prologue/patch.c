#include <opus-livepatch/patch.h>

OPUS_PATCH("prologue", "value() answers one more");

int value(int add, const int *at)
{
	return *at + add + 1;
}
OPUS_REPLACE(value);

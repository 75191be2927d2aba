#include <opus-livepatch/patch.h>

OPUS_PATCH("both", "work() and other() answer 2");

int work(int wait)
{
	return wait < 0 ? 0 : 2;
}
OPUS_REPLACE(work);

int other(int value)
{
	return value + 2;
}
OPUS_REPLACE(other);

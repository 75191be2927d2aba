#include <opus-livepatch/patch.h>

OPUS_PATCH("innermost", "work() answers 2");

int work(const char *kind)
{
	return kind ? 2 : 0;
}
OPUS_REPLACE(work);

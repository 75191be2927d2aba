#include <opus-livepatch/patch.h>

OPUS_PATCH("path", "version() answers 2");

int version(void)
{
	return 2;
}
OPUS_REPLACE(version);

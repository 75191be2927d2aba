#include <opus-livepatch/patch.h>
OPUS_PATCH("late", "another version");

int late(void)
{
	return 2;
}
OPUS_REPLACE(late);

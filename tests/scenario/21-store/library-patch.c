#include <opus-livepatch/patch.h>

OPUS_PATCH("late", "late() answers 2");

int late(void)
{
	return 2;
}
OPUS_REPLACE(late);

#include <opus-livepatch/patch.h>

OPUS_PATCH("late", "another number");

int late_version(void);
int late_version(void)
{
	return 2;
}
OPUS_REPLACE(late_version);

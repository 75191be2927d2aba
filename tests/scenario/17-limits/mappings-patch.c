#include <opus-livepatch/patch.h>

OPUS_PATCH("mappings", "work() says 2");

int work(void);
int work(void)
{
	return 2;
}
OPUS_REPLACE(work);

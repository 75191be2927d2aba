#include <dlfcn.h>
#include <opus-livepatch/patch.h>

OPUS_PATCH("caller", "work() opens nothing");

void *work(const char *name)
{
	(void)name;
	return 0;
}
OPUS_REPLACE(work);

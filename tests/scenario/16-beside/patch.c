#include <opus-livepatch/patch.h>

#include <unistd.h>

OPUS_PATCH("beside", "version() answers 2, after a while");

int version(void)
{
	return 2;
}
OPUS_REPLACE(version);

int before(void)
{
	usleep(300000);
	return 0;
}
OPUS_HOOK(pre_apply, before, agent);

#include <opus-livepatch/patch.h>

#include <unistd.h>

OPUS_PATCH("slow", "work() answers 2, after a while");

int work(void)
{
	return 2;
}
OPUS_REPLACE(work);

int before(void)
{
	usleep(700000);
	return 0;
}
OPUS_HOOK(pre_apply, before, agent);

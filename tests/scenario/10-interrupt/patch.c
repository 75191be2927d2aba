#include <unistd.h>

#include <opus-livepatch/patch.h>

OPUS_PATCH("echo", "takes a second before it is applied");

int work(int wait)
{
	(void)wait;
	return 2;
}
OPUS_REPLACE(work);

int slow(void)
{
	sleep(1);
	return 0;
}
OPUS_HOOK(pre_apply, slow, agent);

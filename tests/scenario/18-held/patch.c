#include <opus-livepatch/patch.h>
#include <unistd.h>

OPUS_PATCH("held", "a hook that holds everybody for eleven seconds");

int work(int wait)
{
	return wait < 0 ? 0 : 2;
}
OPUS_REPLACE(work);

int slow(void)
{
	usleep(11000000);
	return 0;
}
OPUS_HOOK(check, slow, stopped);

#include <opus-livepatch/patch.h>
#include <unistd.h>

OPUS_PATCH("slow", "work() answers 2");

int work(int value)
{
	usleep(60000);
	return value + 2;
}
OPUS_REPLACE(work);

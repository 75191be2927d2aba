#include <opus-livepatch/patch.h>
#include <stdint.h>

OPUS_PATCH("signal", "work() adds 2; signals come while all threads are stopped");

extern void signals(int number) OPUS_REF(signals);

int work(int value)
{
	return value + 2;
}
OPUS_REPLACE(work);

int send_them(int number)
{
	signals(number);
	return 0;
}
OPUS_HOOK(pre_apply, send_them, stopped, "int32 number=10");

#include <opus-livepatch/patch.h>

/* The patch of echo.c; -DOTHER makes one that changes other() alone. */
#ifdef OTHER
OPUS_PATCH("echo-other", "other() adds 2");

int other(int value)
{
	return value + 2;
}
OPUS_REPLACE(other);
#else
OPUS_PATCH("echo", "work() answers 2");
OPUS_LABEL("CVE-0000-0001");

int work(int wait)
{
	return wait < 0 ? 0 : 2;
}
OPUS_REPLACE(work);
#endif

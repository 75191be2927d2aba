#include <opus-livepatch/patch.h>

OPUS_PATCH("stays", "work() answers 2");
OPUS_LABEL("CVE-0000-0002");

int work(void)
{
	return 2;
}
OPUS_REPLACE(work);

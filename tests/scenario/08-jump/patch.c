#include <opus-livepatch/patch.h>

OPUS_PATCH("jump", "answers 2 at once");

int work(long ns);
int work(long ns)
{
	(void)ns;
	return 2;
}
OPUS_REPLACE(work);

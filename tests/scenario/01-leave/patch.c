#include <opus-livepatch/patch.h>

OPUS_PATCH("leave", "work() answers 2 at once");

struct job;
int WORK(struct job *job, int depth);

int WORK(struct job *job, int depth)
{
	(void)job;
	return depth < 0 ? 0 : 2;
}
OPUS_REPLACE(WORK);

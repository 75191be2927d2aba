#include <opus-livepatch/patch.h>
#ifndef ADD
#define ADD 2
#endif
OPUS_PATCH("patch" OPUS_QUOTE(ADD), "work() adds");
extern volatile int hooks OPUS_REF(hooks);
int work(int value)
{
	return value + ADD;
}
OPUS_REPLACE(work);
#if ADD == 2
int refuse(void)
{
	hooks += 1;
	return 5;
}
OPUS_HOOK(pre_revert, refuse, agent);
int after(void)
{
	hooks += 10;
	return 0;
}
OPUS_HOOK(post_revert, after, agent);
#endif

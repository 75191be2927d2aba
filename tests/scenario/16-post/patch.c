#include <opus-livepatch/patch.h>

#ifndef WORTH
#define WORTH 1
#endif
OPUS_PATCH("worth" OPUS_QUOTE(WORTH), "hooks after the commit that are not content");

extern volatile int hooks OPUS_REF(hooks);

int work(int value)
{
	return value + WORTH;
}
OPUS_REPLACE(work);

#if WORTH == 1
int applied(int add)
{
	hooks += add;
	return 3;
}
OPUS_HOOK(post_apply, applied, stopped, "int32 add=1");

int reverted(void)
{
	hooks += 10;
	return 4;
}
OPUS_HOOK(post_revert, reverted, stopped);
#endif

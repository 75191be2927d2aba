#include <opus-livepatch/patch.h>

OPUS_PATCH("hot", "the same work, version 2");

extern volatile long sink OPUS_REF(sink);

int hot(int rounds)
{
	for (int i = 0; i < rounds; i++)
		sink = sink + i;
	return 2;
}
OPUS_REPLACE(hot);

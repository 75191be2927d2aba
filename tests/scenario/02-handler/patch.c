#include <opus-livepatch/patch.h>

OPUS_PATCH("handler", "adds 2 where the target adds 1");

long plus(long n)
{
	return n + 2;
}
OPUS_REPLACE(plus);

long pinned(long n)
{
	return n + 2;
}
OPUS_REPLACE(pinned);

double pair(double a, int depth)
{
	double below = depth > 0 ? pair(a, depth - 1) : a;

	__asm__ volatile("" : "+x"(below));
	return below + 2;
}
OPUS_REPLACE(pair);

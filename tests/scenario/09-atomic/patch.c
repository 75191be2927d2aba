#include <opus-livepatch/patch.h>

OPUS_PATCH("atomic", "all functions in version 2");

extern long through(long (*function)(long *), long *where) OPUS_REF(through);

long take(long *from)
{
	*from -= 1000;
	return 1000;
}
OPUS_REPLACE(take);

long give(long *to)
{
	*to += 1000;
	return 1000;
}
OPUS_REPLACE(give);

long balanced(long *mine)
{
	long a = through(take, mine);
	long b = through(give, mine);

	return a - b;
}
OPUS_REPLACE(balanced);

int version_a(void)
{
	return 2;
}
OPUS_REPLACE(version_a);

int version_b(int x)
{
	return x ? 2 : 0;
}
OPUS_REPLACE(version_b);

double version_c(double x)
{
	return 2 * x;
}
OPUS_REPLACE(version_c);

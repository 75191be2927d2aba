/*
 * OPUS_REPLACE takes C++ names as they are written, when there is one only.
 *
 * variant: g++ -O2 -g
 * output: old 3 5
 * output: new 12 14
 */
#include <cstdio>
namespace net
{
int read(int n);
}
#ifndef PATCH
#include "tests/unit/build_apply.h"
__attribute__((noipa)) static int plain(int n)
{
	std::fputs("", stdout);
	return n + 3;
}
namespace net
{
__attribute__((noipa)) int read(int n)
{
	return std::printf("%s", "") + n + 1;
}
}
int main(int argc, char **argv)
{
	std::printf("old %d %d\n", net::read(argc), plain(argc));
	apply(argv[1]);
	std::printf("new %d %d\n", net::read(argc), plain(argc));
	return 0;
}
#else
#include <opus-livepatch/patch.h>
OPUS_PATCH("names", "");
int net::read(int n)
{
	return n + 10;
}
OPUS_REPLACE(net::read);
int plain(int n)
{
	return n + 12;
}
OPUS_REPLACE_NAME("plain(int)", "plain", "");
#endif

#include <opus-livepatch/patch.h>

OPUS_PATCH("library", "for a library that is not loaded");

int library_function(int value)
{
	return value * 3 + 2;
}
OPUS_REPLACE(library_function);

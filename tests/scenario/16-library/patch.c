#include <opus-livepatch/patch.h>

/* Replaces a static function, which uses the library's own variables. */
OPUS_PATCH(OPUS_QUOTE(NAME), "scale() adds a thousand");

extern int calls OPUS_REF(calls);
extern int factor OPUS_REF(factor);
extern __thread int mine OPUS_REF(mine);
extern int own_adjust(int x) OPUS_REF(own_adjust);
OPUS_REF_IN(factor, "library.c", "scale");

int scale(int x)
{
	calls++;
	if (mine < 5 || mine % 2 != 1)
		return -mine;
	mine += 2;
	return own_adjust(x * factor) + 1000;
}
OPUS_REPLACE_IN(scale, "library.c");

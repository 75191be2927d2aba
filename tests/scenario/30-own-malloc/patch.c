/* -DOF_libc: a function of libc; else one of the program. */
#include <opus-livepatch/patch.h>
#include <stddef.h>

void *malloc(size_t size);
void *memcpy(void *to, const void *from, size_t size);

#ifdef OF_libc
OPUS_PATCH("libc", "what strdup() returns says so");
#define FUNCTION strdup(const char *s)
#define FREE (void)s
char *FUNCTION;
OPUS_REPLACE(strdup);
#else
OPUS_PATCH("own", "what label_make() returns says so");
#define FUNCTION label_make(void)
#define FREE (void)0
char *FUNCTION;
OPUS_REPLACE(label_make);
#endif

char *FUNCTION
{
	char *block = malloc(4);

	FREE;
	if (block)
		memcpy(block, "new", 4);
	return block;
}

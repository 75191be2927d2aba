#include <opus-livepatch/patch.h>

OPUS_PATCH("tail", "replaces one of the two functions");

struct job;
#ifdef FIRST
int _Z5firstP3job(struct job *job);
int _Z5firstP3job(struct job *job)
{
	(void)job;
	return 2;
}
OPUS_REPLACE(_Z5firstP3job);
#else
int _Z6secondP3job(struct job *job);
int _Z6secondP3job(struct job *job)
{
	(void)job;
	return 2;
}
OPUS_REPLACE(_Z6secondP3job);
#endif

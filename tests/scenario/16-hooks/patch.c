#include <stdint.h>

#include <opus-livepatch/patch.h>

OPUS_PATCH("hooks", "records which of its hooks are called, and how");

extern char record[512] OPUS_REF(record);

int work(int value)
{
	return value + 2;
}
OPUS_REPLACE(work);

static void add(const char *text)
{
	char *at = record;

	while (*at)
		at++;
	while (*text)
		*at++ = *text++;
	*at = '\0';
}

int check(int most, const char *who, int *address, double ratio,
	  uint64_t mask, int64_t low)
{
	if (most > 10)
		return 1;
	add("check:");
	add(who);
	if (*address == 5)
		add(",address");
	if (ratio == 0.25)
		add(",ratio");
	if (mask == 0xff00000000000000u)
		add(",mask");
	if (low == -7)
		add(",low");
	add(" ");
	return 0;
}
OPUS_HOOK(check, check, agent, "int32 most=3", "string who=nobody",
	  "address limit", "double ratio=0.25", "uint64 mask=0xff00000000000000",
	  "int64 low=-7");

int before(void) { add("pre_apply "); return 0; }
OPUS_HOOK(pre_apply, before, agent);

/* Does the target's thread that counts stand, for so long? */
extern volatile long ticks OPUS_REF(ticks);
int usleep(unsigned int us);

static int stands(int ms)
{
	long before = ticks;

	for (int n = 0; n < ms && ticks == before; n++)
		usleep(1000);
	return ticks == before;
}

int goes(void) { add(stands(5000) ? "held " : "goes "); return 0; }
OPUS_HOOK(pre_apply, goes, agent);

int stays(int veto) { add(stands(20) ? "stands " : "moves "); return veto; }
OPUS_HOOK(pre_apply, stays, stopped, "int32 veto=0");

int after(void) { add("post_apply "); return 0; }
OPUS_HOOK(post_apply, after, agent);

int after_stopped(void) { add("stopped "); return 0; }
OPUS_HOOK(post_apply, after_stopped, stopped);

int back(int keep)
{
	add("pre_revert ");
	return keep;
}
OPUS_HOOK(pre_revert, back, agent, "int32 keep=0");

int gone(void) { add("post_revert "); return 0; }
OPUS_HOOK(post_revert, gone, agent);

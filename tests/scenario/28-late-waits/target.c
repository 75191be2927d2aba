/*
 * One wait, as ../22-inject-waits does it, beside a function to patch.
 */
#include "../22-inject-waits/target.c"

__attribute__((noipa, used)) int late_version(void)
{
	return 1;
}

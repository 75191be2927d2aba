/* call -> version of work(), reverts that hooks of patches have seen */
#include "target.h"
static volatile int zero;
volatile int hooks;
ATTR int work(int value)
{
	return value + 1 + zero;
}
int main(void)
{
	char line[100];
	while (next(line, sizeof(line)))
		say("%d %d", work(1), hooks);
	return 0;
}

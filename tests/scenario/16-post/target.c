/* call -> version of work(), what hooks have added */
#include "target.h"

volatile int hooks;
static volatile int zero;

ATTR int work(int value)
{
	return value + zero;
}

int main(void)
{
	char line[100];

	while (next(line, sizeof(line)))
		say("%d %d", work(0), hooks);
	return 0;
}

/*
 * open LIBRARY -> "open"
 */
#include <dlfcn.h>

#include "target.h"

int main(void)
{
	char line[512];

	while (next(line, sizeof(line)))
		say("%s", dlopen(line + 5, RTLD_NOW) ? "open" : dlerror());
	return 0;
}

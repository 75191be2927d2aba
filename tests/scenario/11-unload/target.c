/*
 * open, close -> whether the library is there
 */
#include <dlfcn.h>

#include "target.h"

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";
	void *handle = NULL;
	char line[64];

	while (next(line, sizeof(line))) {
		if (!strcmp(line, "open"))
			handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
		else
			dlclose(handle);
		handle = dlopen(name, RTLD_NOW | RTLD_NOLOAD);
		say("%s", handle ? "there" : "gone");
		if (handle)
			dlclose(handle);
	}
	return 0;
}

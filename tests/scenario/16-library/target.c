/*
 * Functions of libraries: linked, and opened and closed at run time.
 *
 *   call  -> value of the linked library's function
 *   open  -> "open"; close -> "closed" or "still there"
 *   ask   -> value of the opened library's function
 */
#include <dlfcn.h>

#include "target.h"

int library_value(int x);

/* Not what the library means by own_adjust(). */
int adjust(int x);
int adjust(int x)
{
	return x - 5000;
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";
	void *handle = NULL;
	char line[64];

	while (next(line, sizeof(line))) {
		if (!strcmp(line, "call")) {
			say("%d", library_value(10));
		} else if (!strcmp(line, "open")) {
			handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
			say("%s", handle ? "open" : dlerror());
		} else if (!strcmp(line, "close")) {
			dlclose(handle);
			handle = dlopen(name, RTLD_NOW | RTLD_NOLOAD);
			say("%s", handle ? "still there" : "closed");
			if (handle)
				dlclose(handle);
		} else if (!strcmp(line, "ask")) {
			int (*f)(int) = (int (*)(int))dlsym(handle,
							    "library_value");

			say("%d", f ? f(10) : -1);
		} else {
			die("no such command");
		}
	}
	return 0;
}

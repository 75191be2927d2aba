/* ask -> what the same library says that was loaded from two files */
#include <dlfcn.h>
#include "target.h"
int main(int argc, char **argv)
{
	char line[100];
	int (*ask[2])(int);

	for (int i = 0; i < 2; i++) {
		void *h = dlopen(argv[1 + i], RTLD_NOW);
		if (!h || argc < 3)
			die("dlopen");
		*(void **)&ask[i] = dlsym(h, "ask");
	}
	while (next(line, sizeof(line)))
		say("%d %d", ask[0](1), ask[1](1));
	return 0;
}

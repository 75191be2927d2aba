/* A library for dlopen. With WAITS, its constructor says that it runs and
 * waits; the loader's lock is held by its thread meanwhile. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int library_value = 3;

#ifdef WAITS
__attribute__((constructor)) static void wait_here(void)
{
	const char *doors = getenv("WAIT_DOORS");
	int inside, go;
	char c;

	if (!doors || sscanf(doors, "%d %d", &inside, &go) != 2)
		abort();
	if (write(inside, "x", 1) != 1 || read(go, &c, 1) != 1)
		abort();
}
#endif

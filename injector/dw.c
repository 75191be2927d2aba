/*
 * dw.c - open libdw and find its functions.
 *
 * Called by:  symbolize.c, place.c, store_path.c.
 * Runs on:    command.
 * Locks:      the loader's.
 * Signal:     unsafe: loader.
 */
#include "dw.h"

#include <dlfcn.h>
#include <stdlib.h>

struct dw dw;

bool dw_open(void)
{
	static void *handle;

	if (handle)
		return true;
	/* It would ask the network for debug files. */
	unsetenv("DEBUGINFOD_URLS");
	/* libelf is among what it needs, so its functions are found, too. */
	handle = dlopen("libdw.so.1", RTLD_NOW | RTLD_LOCAL);
	if (!handle)
		return false;
#define F(name)                                                                \
	dw.name = (__typeof__(dw.name))dlsym(handle, #name);                   \
	if (!dw.name) {                                                        \
		dlclose(handle);                                               \
		handle = NULL;                                                 \
		return false;                                                  \
	}
	DW_FUNCTIONS(F)
#undef F
	return true;
}

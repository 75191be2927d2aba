/*
 * clang.c - open libclang and find its functions.
 *
 * Called by:  parse.c.
 * Runs on:    command.
 * Locks:      the loader's.
 * Signal:     unsafe: loader.
 */
#include "clang.h"

#include <dlfcn.h>

struct clang clang;

enum opus_code clang_open(struct opus_error *err)
{
	static void *handle;

	if (handle)
		return OPUS_OK;
	handle = dlopen("libclang-14.so.13", RTLD_NOW | RTLD_LOCAL);
	if (!handle)
		return error_set(err, OPUS_RESOURCE,
				 "cannot load libclang, which reads the source: %s; install libclang1-14",
				 dlerror());
#define F(name)                                                                \
	clang.name = (__typeof__(clang.name))dlsym(handle, "clang_" #name);    \
	if (!clang.name)                                                       \
		return error_set(err, OPUS_RESOURCE,                           \
				 "libclang has no function clang_" #name);
	CLANG_FUNCTIONS(F)
#undef F
	return OPUS_OK;
}

/*
 * A library with a hole, which is a module of NSS, too: the number of the user
 * `late` is the version. Its constructor loads and searches, under the loader's
 * lock.
 */
#include <dlfcn.h>
#include <nss.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "../attr.h"

static volatile int zero;

ATTR int late(void)
{
	return 1 + zero;
}

__attribute__((constructor)) static void first(void)
{
	void *handle = dlopen("libm.so.6", RTLD_NOW);

	if (!handle || !dlsym(handle, "cos"))
		abort();
}

enum nss_status _nss_late_getpwnam_r(const char *name, struct passwd *ret,
				     char *buffer, size_t size, int *error);
enum nss_status _nss_late_getpwnam_r(const char *name, struct passwd *ret,
				     char *buffer, size_t size, int *error)
{
	(void)error;
	if (strcmp(name, "late") || size < 8)
		return NSS_STATUS_NOTFOUND;
	strcpy(buffer, "late");
	*ret = (struct passwd){buffer, buffer, (uid_t)late(), 0, buffer, buffer,
			       buffer};
	return NSS_STATUS_SUCCESS;
}

/*
 * Loads late.so by different ways; each answers with the version of late().
 *
 *   open NAME    dlopen() here
 *   through NAME dlopen() by a library, in its own search path
 *   other PATH   in a namespace of its own
 *   user         the module of NSS that libc loads by itself
 *   iconv        "converts", or "refuses" if iconv's module is the patched one
 */
#include <dlfcn.h>
#include <iconv.h>
#include <nss.h>
#include <pwd.h>

#include "../target.h"

extern void *through(const char *name) __attribute__((weak));

static void version_of(void *handle)
{
	int (*late)(void);

	if (!handle)
		die(dlerror());
	*(void **)&late = dlsym(handle, "late");
	say("%d", late());
}

static void user(void)
{
	struct passwd *p;

	__nss_configure_lookup("passwd", "late");
	p = getpwnam("late");
	say("%d", p ? (int)p->pw_uid : -1);
}

static void convert(void)
{
	char in[] = "a", out[8], *from = in, *to = out;
	size_t in_left = 1, out_left = sizeof(out);
	iconv_t c = iconv_open("UTF-8", "ISO-8859-15");

	if (c == (iconv_t)-1)
		die("iconv_open");
	say("%s", iconv(c, &from, &in_left, &to, &out_left) == 0 ? "converts"
								 : "refuses");
	iconv_close(c);
}

int main(void)
{
	char line[4096];

	while (next(line, sizeof(line))) {
		if (!strncmp(line, "open ", 5))
			version_of(dlopen(line + 5, RTLD_NOW));
		else if (!strncmp(line, "through ", 8))
			version_of(through(line + 8));
		else if (!strncmp(line, "other ", 6))
			version_of(dlmopen(LM_ID_NEWLM, line + 6, RTLD_NOW));
		else if (!strcmp(line, "user"))
			user();
		else if (!strcmp(line, "iconv"))
			convert();
		else
			die("no such command");
	}
	return 0;
}

/*
 * demangle.c - C++ names as people write them.
 *
 * Called by:  the passes that look symbols up.
 * Runs on:    command.
 * Locks:      the loader's, once.
 * Signal:     unsafe: heap, loader.
 *
 * The C++ runtime demangles; it is opened only when a mangled name is met, and
 * is there whenever g++ is. Without it, mangled names have to be written.
 */
#include "demangle.h"

#include <ctype.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"

typedef char *demangle_function(const char *, char *, size_t *, int *);

static char *demangle(const char *symbol)
{
	static demangle_function *function;
	static bool tried;
	int status;

	if (!tried) {
		void *library = dlopen("libstdc++.so.6", RTLD_NOW | RTLD_LOCAL);

		tried = true;
		if (library)
			*(void **)&function = dlsym(library, "__cxa_demangle");
	}
	return function ? function(symbol, NULL, NULL, &status) : NULL;
}

/* `full` without its parameter list and what follows that is `wanted`. The
 * list is the last pair of parentheses at depth 0; "operator()" has one of its
 * own in front. */
static bool head_matches(const char *full, const char *wanted)
{
	size_t n = strlen(wanted);

	return strncmp(full, wanted, n) == 0 && full[n] == '(' &&
	       !(n >= 8 && strcmp(wanted + n - 8, "operator") == 0);
}

char *name_base(const char *symbol)
{
	char *full = symbol[0] == '_' && symbol[1] == 'Z' ? demangle(symbol) : NULL;
	const char *at = full ? full : symbol, *start = at;
	int depth = 0;
	char *base;

	/* "(anonymous namespace)::" opens a parenthesis, and ends no name. */
	for (; *at && (depth > 0 || *at != '(' || strncmp(at, "(anonymous", 10) == 0);
	     at++) {
		depth += (*at == '<' || *at == '(') - (*at == '>' || *at == ')');
		if (depth == 0 && at[0] == ':' && at[1] == ':')
			start = at + 2;
	}
	base = strndup(start, (size_t)(at - start));
	free(full);
	return base;
}

bool name_matches(const char *symbol, const char *wanted)
{
	char *full;
	bool match;

	if (strcmp(symbol, wanted) == 0)
		return true;
	/* A clone, "_Z1fv.part.0", is not the function. */
	if (symbol[0] != '_' || symbol[1] != 'Z' || strchr(symbol, '.'))
		return false;
	full = demangle(symbol);
	match = full && (strcmp(full, wanted) == 0 || head_matches(full, wanted));
	free(full);
	return match;
}

bool linkage_same(const char *a, const char *b)
{
	char *x, *y;
	bool same;
	size_t i = 0;

	while (a[i] && a[i] == b[i])
		i++;
	if (a[i] == b[i])
		return true;
	if (i < 3 || strncmp(a, "_Z", 2) != 0 || (a[i - 1] != 'C' && a[i - 1] != 'D') ||
	    !strchr("01234", a[i]) || !strchr("01234", b[i]) || !a[i] || !b[i] ||
	    strcmp(a + i + 1, b + i + 1) != 0)
		return false;
	x = demangle(a);
	y = demangle(b);
	same = x && y && strcmp(x, y) == 0;
	free(x);
	free(y);
	return same;
}

const char *linkage_mangled(const char *linkage)
{
	return strncmp(linkage, "_Z", 2) == 0 ? linkage : "";
}

bool linkage_is_structor(const char *linkage)
{
	CLEANUP(cleanup_free) char *other = strdup(linkage);

	/* A name that may end so has another meaning with another digit. */
	for (char *p = other; p && *p; p++) {
		char digit = p[1];

		if ((*p != 'C' && *p != 'D') || !digit || !strchr("01234", digit))
			continue;
		p[1] = digit == '1' ? '2' : '1';
		if (linkage_same(linkage, other))
			return true;
		p[1] = digit;
	}
	return false;
}

void linkage_untag(char *linkage)
{
	char *to = linkage, *end;

	if (strncmp(linkage, "_Z", 2) != 0)
		return;
	for (char *p = linkage; *p; p = end) {
		bool tag = *p == 'B' && isdigit((unsigned char)p[1]);
		size_t n = strtoul(p + tag, &end, 10);

		/* A number stands before the letters of a name. */
		if (end == p || n > strlen(end))
			n = 0;
		end += end == p ? 1 : n;
		if (tag)
			continue;
		memmove(to, p, (size_t)(end - p));
		to += end - p;
	}
	*to = 0;
}

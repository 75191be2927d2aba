/* A function of the library that is chosen at start; the library calls it by a name
 * of its own. */
static int same(int x)
{
	return x;
}

static int (*choose(void))(int)
{
	return same;
}

int adjust(int x) __attribute__((ifunc("choose")));
extern int own_adjust(int x) __attribute__((alias("adjust"), visibility("hidden")));

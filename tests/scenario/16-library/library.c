/* A library with a static function, a static variable and one that a function
 * keeps for itself. With PLUGIN, the one that is opened at run time. */

int own_adjust(int x) __attribute__((visibility("hidden")));
static int calls;
static __thread int mine = 5; /* of each thread; even: damaged */

__attribute__((noinline, noclone)) static int scale(int x)
{
	static volatile int factor = 2;

	calls++;
	mine += 2;
	if (calls > 1000000)
		factor = 3;
	return own_adjust(x * factor);
}

int library_value(int x);
int library_value(int x)
{
	int value = scale(x) + scale(x + 1);

	__asm__ volatile("" : "+r"(value));
	return mine % 2 == 1 ? value : -mine;
}

int library_calls(void);
int library_calls(void)
{
	return calls;
}

#ifdef PLUGIN
int library_is_plugin = 1;
#endif

/* libloads.so, and with PLAIN libplain.so */
#ifdef PLAIN
int plain(void);
int plain(void)
{
	return 0;
}
#else
int version(void);
extern void constructed(void);
static volatile int zero;

__attribute__((constructor)) static void construct(void)
{
	constructed();
}

__attribute__((noipa)) int version(void)
{
	return 1 + zero;
}
#endif

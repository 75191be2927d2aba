/* A library that is loaded late; plain() stays as it is. */
int late(void);
int plain(void);

static volatile int zero;

__attribute__((noipa)) int late(void)
{
	return 1 + zero;
}

__attribute__((noipa)) int plain(void)
{
	return 7 + zero;
}

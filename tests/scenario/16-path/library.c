int version(void);
static volatile int zero;

__attribute__((noipa)) int version(void)
{
	return 1 + zero;
}

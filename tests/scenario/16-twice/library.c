static volatile int zero;
__attribute__((noipa)) static int work(int value)
{
	return value + 1 + zero;
}
int ask(int value);
int ask(int value)
{
	return work(value) + zero;
}

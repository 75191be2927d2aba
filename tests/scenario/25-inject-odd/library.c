/* A library that comes and goes. */
int come_and_go(void);
int come_and_go(void)
{
	return 1;
}

/*
 * One wait, as ../22-inject-waits does it, beside a function to patch; with COMPANY
 * in the environment beside another thread, by which it is easier to join.
 */
#include "../22-inject-waits/target.c"

__attribute__((noipa, used)) int late_version(void)
{
	return 1;
}

static void *sleep_ever(void *unused)
{
	for (;;)
		pause();
	return unused;
}

__attribute__((constructor)) static void company(void)
{
	pthread_t thread;

	if (getenv("COMPANY") && pthread_create(&thread, NULL, sleep_ever, NULL))
		die("pthread_create");
}

/*
 * One wait of ../06-waits/waits.h: target NAME. Says "TID", waits, and says
 * "RESULT MILLISECONDS". An endless wait is ended by the line "end", which a
 * second thread reads; there is none otherwise.
 */
#include "../06-waits/waits.h"

static struct place place;

static void on_usr1(int number) { (void)number; }

static void *end_main(void *wait)
{
	char line[8];

	if (next(line, sizeof(line)))
		((const struct wait *)wait)->end(&place);
	return NULL;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_usr1 };
	const struct wait *wait = NULL;
	pthread_t thread;
	sigset_t set;
	double start;
	int result;

	for (unsigned i = 0; i < WAITS; i++)
		if (argc > 1 && !strcmp(waits[i].name, argv[1]))
			wait = &waits[i];
	if (!wait)
		die("no such wait");
	unshare(CLONE_NEWIPC); /* if it may: objects that end with us */
	sigaction(SIGUSR1, &action, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGURG);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	place.thread = pthread_self();
	if (wait->make)
		wait->make(&place);
	if (wait->end && pthread_create(&thread, NULL, end_main, (void *)wait))
		die("pthread_create");
	say("%d", thread_id());
	start = now();
	result = wait->wait(&place);
	say("%d %.0f", result, (now() - start) * 1e3);
	_exit(0);
}

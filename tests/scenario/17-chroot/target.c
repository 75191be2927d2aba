/*
 * A target that locks itself into an empty folder, as daemons do.
 *
 *   jail UID FOLDER -> "jailed": chroot(2), then another user for good
 *   network         -> "alone": a network namespace of its own
 *   leader          -> "gone": the first thread ends; another takes its place
 *   call            -> version of work()
 *   pin             -> "pinned": a thread waits inside work()
 *   free            -> version that this thread ran
 */
#include <sched.h>

#include "target.h"

static struct door go, inside;
static volatile int zero;

ATTR int work(int wait)
{
	if (wait) {
		door_open(&inside);
		door_pass(&go);
	}
	return 1 + zero;
}

static pthread_t pin;

static void *pin_main(void *unused)
{
	(void)unused;
	return (void *)(intptr_t)work(1);
}

static void jail(const char *line)
{
	char folder[256];
	unsigned uid;

	if (sscanf(line, "jail %u %255s", &uid, folder) != 2 ||
	    chroot(folder) || chdir("/") || setresgid(uid, uid, uid) ||
	    setresuid(uid, uid, uid))
		die("jail");
	say("jailed");
}

/* `first`: NULL, or the thread that has to end before: it needs libgcc_s for
 * that, which an empty folder has not. */
static void *serve(void *first)
{
	char line[512];

	if (first) {
		pthread_join(*(pthread_t *)first, NULL);
		say("gone");
	}
	while (next(line, sizeof(line))) {
		if (!strncmp(line, "jail ", 5)) {
			jail(line);
		} else if (!strcmp(line, "network")) {
			if (unshare(CLONE_NEWNET))
				die("unshare");
			say("alone");
		} else if (!strcmp(line, "leader")) {
			static pthread_t own, thread;

			own = pthread_self();
			if (pthread_create(&thread, NULL, serve, &own))
				die("pthread_create");
			pthread_exit(NULL);
		} else if (!strcmp(line, "call")) {
			say("%d", work(0));
		} else if (!strcmp(line, "pin")) {
			pthread_create(&pin, NULL, pin_main, NULL);
			door_pass(&inside);
			say("pinned");
		} else if (!strcmp(line, "free")) {
			door_open(&go);
			say_joined(pin);
		} else {
			die("no such command");
		}
	}
	exit(0);
}

int main(void)
{
	door_init(&go);
	door_init(&inside);
	return serve(NULL) != NULL;
}

/*
 * Situations that are hard to join: target KIND. Says "ready"; any line is
 * answered with the version of work().
 *
 *   plain, undumpable, nobody (drops to uid 65534), privileges (no new ones)
 *   jail DIR    chroot(2), nobody
 *   leaderless  the first thread has ended
 *   leaving     the first thread ends at the line "leave"
 *   loader      a thread sits in a constructor, under dlopen: argv[2]; at the line
 *               "exec" it starts itself again, as plain
 *   handler     its only thread waits in a handler that has interrupted malloc
 *   inwait      its only thread lives in a handler that has interrupted a wait
 *   execs       starts itself again and again
 *   library     at the line "load" it lives on in a library: argv[2]
 *   crowd       a hundred threads wait for a lock, one beside them for input
 *   spinning    never makes a system call
 *   ontop [alt] signal 33 comes while its first thread runs the injector's code, and
 *               the handler, with "alt" on a stack of its own, takes its time
 *   narrow      another thread waits with 500 bytes left of its stack
 */
#include "../target.h"

#include <dlfcn.h>
#include <grp.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static volatile int zero;

ATTR int work(int wait)
{
	return 1 + zero + (wait && zero);
}

static void drop(void)
{
	if (setgroups(0, NULL) || setgid(65534) || setuid(65534))
		die("setuid");
}

static struct door leave;

static void answer(void)
{
	char line[64];

	while (next(line, sizeof(line))) {
		if (!strcmp(line, "leave"))
			door_open(&leave);
		if (!strcmp(line, "exec"))
			execl("/proc/self/exe", "target", NULL);
		say("%d", work(0));
	}
	exit(0);
}

static void *serve(void *unused)
{
	say("ready");
	answer();
	return unused;
}

static void serve_in(const char *path)
{
	char line[64];
	void *library;
	void (*run)(void (*)(void));

	say("ready");
	next(line, sizeof(line));
	library = dlopen(path, RTLD_NOW);
	run = library ? (void (*)(void (*)(void)))dlsym(library, "run") : NULL;
	if (!run)
		die("dlopen");
	say("loaded");
	run(answer);
}

static void *load(void *library)
{
	dlopen(library, RTLD_NOW);
	return NULL;
}

/* The allocator of this program, in which a signal arrives. */
static volatile int in_malloc;

static void on_signal(int number)
{
	char line[64];

	(void)number;
	while (next(line, sizeof(line)))
		say("%d", work(0));
	_exit(0);
}

static void hammer(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGALRM, &action, NULL);
	alarm(1);
	say("ready");
	for (;;) {
		in_malloc = 1;
		free(malloc(100000));
	}
}

static void on_wait(int number)
{
	say("ready");
	on_signal(number);
}

static void wait_for_ever(void)
{
	struct sigaction action = { .sa_handler = on_wait };

	sigaction(SIGALRM, &action, NULL);
	ualarm(20000, 0);
	for (;;)
		poll(NULL, 0, -1);
}

static volatile unsigned long spins;

static void *count(void *unused)
{
	for (;;)
		spins++;
	return unused;
}

static void *narrow(void *unused)
{
	pthread_attr_t attr;
	void *start;
	size_t size;

	poll(NULL, 0, 0); /* to bind it takes more than what is left then */
	pthread_getattr_np(pthread_self(), &attr);
	pthread_attr_getstack(&attr, &start, &size);
	*(volatile char *)alloca((char *)__builtin_frame_address(0) -
				 (char *)start - 700) = 1;
	poll(NULL, 0, -1);
	return unused;
}

static pid_t first;
static volatile int handled;

static void on_setxid(int number)
{
	const struct timespec while_it_stops = {0, 300000000};

	(void)number;
	syscall(SYS_nanosleep, &while_it_stops, NULL);
	handled++;
}

/* libc refuses this signal, catches it itself with the first pthread_create(), and
 * has what returns from a handler to itself. */
static void catch_setxid(int flags)
{
	static char stack[65536];
	const stack_t alternate = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct {
		void (*handler)(int);
		unsigned long flags;
		void (*restorer)(void);
		unsigned long mask;
	} action;

	if (flags)
		sigaltstack(&alternate, NULL);
	signal(SIGUSR1, on_setxid);
	syscall(SYS_rt_sigaction, SIGUSR1, NULL, &action, 8);
	action.flags |= (unsigned long)flags;
	syscall(SYS_rt_sigaction, 33, &action, NULL, 8);
}

/* Does the first thread wait on the stack that the injector has given it? */
static bool is_away(unsigned long *start, unsigned long *end)
{
	static char maps[1 << 16], line[256];
	unsigned long number = 0, sp = 0;
	FILE *file = fopen("/proc/thread-self/maps", "r");
	char *at;

	maps[file ? fread(maps, 1, sizeof(maps) - 1, file) : 0] = 0;
	if (file)
		fclose(file);
	at = strstr(maps, "rw-s");
	if (!at)
		return false;
	while (at > maps && at[-1] != '\n')
		at--;
	sscanf(at, "%lx-%lx", start, end);
	snprintf(line, sizeof(line), "/proc/self/task/%d/syscall", first);
	file = fopen(line, "r");
	if (file && fgets(line, sizeof(line), file))
		sscanf(line, "%lu %*x %*x %*x %*x %*x %*x %lx", &number, &sp);
	if (file)
		fclose(file);
	return number == SYS_ppoll && sp >= *start && sp < *end;
}

static void *send_setxid(void *unused)
{
	unsigned long start, end;

	while (!is_away(&start, &end))
		usleep(100);
	syscall(SYS_tgkill, getpid(), first, 33);
	return unused;
}

static void be_interrupted(void)
{
	struct pollfd in = { 0, POLLIN, 0 };
	char line[64];

	say("ready");
	do {
		while (poll(&in, 1, -1) < 0)
			;
		if (!next(line, sizeof(line)))
			exit(0);
		say("%d", strcmp(line, "handled") ? work(0) : handled);
	} while (1);
}

static int lock;

static void *wait_for_lock(void *unused)
{
	for (;;)
		syscall(SYS_futex, &lock, 0 /* FUTEX_WAIT */, 0, NULL);
	return unused;
}

int main(int argc, char **argv)
{
	const char *kind = argc > 1 ? argv[1] : "plain";
	pthread_t thread;

	if (!strcmp(kind, "undumpable"))
		prctl(PR_SET_DUMPABLE, 0);
	if (!strcmp(kind, "nobody"))
		drop();
	if (!strcmp(kind, "privileges"))
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (!strcmp(kind, "jail")) {
		if (chroot(argv[2]) || chdir("/"))
			die("chroot");
		drop();
	}
	if (!strcmp(kind, "leaderless")) {
		pthread_create(&thread, NULL, serve, NULL);
		pthread_exit(NULL);
	}
	if (!strcmp(kind, "leaving")) {
		door_init(&leave);
		pthread_create(&thread, NULL, serve, NULL);
		door_pass(&leave);
		pthread_exit(NULL);
	}
	if (!strcmp(kind, "loader")) {
		pthread_create(&thread, NULL, load, argv[2]);
		usleep(100000);
	}
	if (!strcmp(kind, "crowd")) {
		for (int i = 0; i < 100; i++)
			pthread_create(&thread, NULL, wait_for_lock, NULL);
		pthread_create(&thread, NULL, serve, NULL);
		wait_for_lock(NULL);
	}
	if (!strcmp(kind, "ontop")) {
		first = getpid();
		pthread_create(&thread, NULL, send_setxid, NULL);
		catch_setxid(argc > 2 ? SA_ONSTACK : 0);
		be_interrupted();
	}
	if (!strcmp(kind, "narrow"))
		pthread_create(&thread, NULL, narrow, NULL);
	if (!strcmp(kind, "library"))
		serve_in(argv[2]);
	if (!strcmp(kind, "handler"))
		hammer();
	if (!strcmp(kind, "inwait"))
		wait_for_ever();
	if (!strcmp(kind, "execs")) {
		usleep(2000);
		execl("/proc/self/exe", argv[0], "execs", NULL);
	}
	if (!strcmp(kind, "spinning")) {
		say("ready");
		count(NULL);
	}
	serve(NULL);
}

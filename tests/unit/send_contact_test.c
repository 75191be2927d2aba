/*
 * send_contact_test.c - reach a process that behaves like a sleeping agent.
 *
 * Called by:  tests/run.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * The child maps a beacon and catches the signal. What its handler does with
 * the contact value differs from test to test.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "injector/client.h"
#include "injector/contact.h"

#define CONTACT_SIGNAL 60

static struct target target;
static struct opus_error err;
static int child_calls;
static void (*child_before)(void);

/* As the agent finds it, wire.h. */
static int child_connect(uint64_t value)
{
	static const char *const folders[] = WIRE_FOLDERS;
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	unsigned int place = value >> 48 & 0x7f;
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	socklen_t size = sizeof(a);
	int length;

	length = snprintf(a.sun_path, sizeof(a.sun_path), WIRE_SOCKET_FORMAT,
			  folders[place],
			  (unsigned long long)(value & 0xffffffffffffu));
	if (place == WIRE_ABSTRACT) {
		a.sun_path[0] = '\0';
		size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
				   (size_t)length);
	}
	return connect(fd, (struct sockaddr *)&a, size) == 0 ? fd : -1;
}

static void child_hello(int fd)
{
	struct wire_hello m = {.head = {WIRE_MAGIC, WIRE_VERSION, WIRE_HELLO,
					sizeof(m), 0}, .pid = getpid()};

	(void)!send(fd, &m, sizeof(m), MSG_NOSIGNAL);
}

static struct beacon *child_beacon;

static void handle_good(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)context;
	child_hello(child_connect((uint64_t)(uintptr_t)info->si_value.sival_ptr));
}

/* The first signals come at a bad moment. */
static void handle_third(int number, siginfo_t *info, void *context)
{
	if (++child_calls == 3)
		handle_good(number, info, context);
}

/* A name without a folder is kept from it, and the first folder, too. */
static void handle_second_folder(int number, siginfo_t *info, void *context)
{
	if (((uint64_t)(uintptr_t)info->si_value.sival_ptr >> 48 & 0x7f) == 1)
		handle_good(number, info, context);
}

static void handle_never(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)info;
	(void)context;
}

/* At no time at a place where it could start. */
static void handle_busy(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)info;
	(void)context;
	child_beacon->contacts++;
}

/* Another process answers first. */
static void handle_impostor(int number, siginfo_t *info, void *context)
{
	pid_t pid = fork();

	if (pid == 0) {
		child_connect((uint64_t)(uintptr_t)info->si_value.sival_ptr);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	handle_good(number, info, context);
}

static void handle_death(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)info;
	(void)context;
	raise(SIGKILL);
}

static void child_map(void)
{
	int fd = memfd_create("libopus-agent.so", 0);
	struct beacon *b;

	(void)!ftruncate(fd, 16384);
	child_beacon = b = mmap(NULL, 16384, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	memcpy(b->magic, BEACON_MAGIC, sizeof(b->magic));
	b->version = BEACON_VERSION;
	b->size = sizeof(*b);
	b->wire_version = WIRE_VERSION;
	b->signal = CONTACT_SIGNAL;
	b->flags = BEACON_READY;
	b->pid = getpid();
}

/* A process with a beacon; `handler` NULL: it catches nothing. */
static void child_start(void (*handler)(int, siginfo_t *, void *))
{
	struct sigaction act = {.sa_sigaction = handler,
				.sa_flags = SA_SIGINFO | SA_RESTART};
	int ready[2];
	char byte;

	cr_assert_eq(pipe(ready), 0);
	memset(&target, 0, sizeof(target));
	target.pid = target.view = fork();
	target.pidfd = -1;
	if (target.pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		child_map();
		if (handler)
			sigaction(CONTACT_SIGNAL, &act, NULL);
		if (child_before)
			child_before();
		(void)!write(ready[1], "x", 1);
		for (;;)
			pause();
	}
	cr_assert_eq(read(ready[0], &byte, 1), 1);
}

static void end(void)
{
	if (target.pid > 0) {
		kill(target.pid, SIGKILL);
		waitpid(target.pid, NULL, 0);
	}
}

static size_t sockets_left(void)
{
	static const char *const folders[] = WIRE_FOLDERS;
	struct dirent *e;
	size_t count = 0;

	for (int i = 0; i < WIRE_FOLDER_COUNT; i++) {
		DIR *dir = opendir(folders[i]);

		while (dir && (e = readdir(dir)) != NULL)
			count += contact_name_matches(e->d_name) &&
				 strncmp(e->d_name, "opus-0123456789", 15) != 0;
		if (dir)
			closedir(dir);
	}
	return count;
}

TestSuite(contact, .fini = end, .timeout = 20);

static enum opus_code contact(void)
{
	struct client c;
	enum opus_code code = target_look(&target, &err);

	if (code == OPUS_OK)
		code = client_init(&c, &target, (struct client_how){0}, &err);
	else
		return code;
	if (code == OPUS_OK)
		cr_assert_eq(c.hello.pid, target.pid);
	client_deinit(&c);
	return code;
}

Test(contact, a_process_that_answers)
{
	child_start(handle_good);
	cr_assert_eq(contact(), OPUS_OK, "%s", err.text);
	cr_assert_eq(contact(), OPUS_OK, "%s", err.text);
	cr_assert(!target.used_folder, "no file where none is needed");
}

Test(contact, asks_again)
{
	child_start(handle_third);
	cr_assert_eq(contact(), OPUS_OK, "%s", err.text);
}

static void *sleep_ever(void *unused)
{
	for (;;)
		pause();
	return unused;
}

/* Threads that cannot be signalled, and the last one of all, which can. */
static void child_crowd(void)
{
	pthread_attr_t small;
	pthread_t thread;
	sigset_t own;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 65536);
	sigemptyset(&own);
	sigaddset(&own, CONTACT_SIGNAL);
	sigprocmask(SIG_BLOCK, &own, NULL);
	for (int i = 0; i < 600; i++)
		pthread_create(&thread, &small, sleep_ever, NULL);
	sigprocmask(SIG_UNBLOCK, &own, NULL);
	pthread_create(&thread, &small, sleep_ever, NULL);
	sigprocmask(SIG_BLOCK, &own, NULL);
}

Test(contact, the_last_of_many_threads)
{
	child_before = child_crowd;
	child_start(handle_good);
	cr_assert_eq(contact(), OPUS_OK, "%s", err.text);
}

Test(contact, tries_the_folders)
{
	child_start(handle_second_folder);
	cr_assert_eq(contact(), OPUS_OK, "%s", err.text);
	cr_assert(target.used_folder);
}

Test(contact, gives_up)
{
	child_start(handle_busy);
	cr_assert_eq(contact(), OPUS_NO_CONTACT);
	cr_assert(strstr(err.text, "safely"), "%s", err.text);
}

Test(contact, the_handler_is_somebody_elses)
{
	child_start(handle_never);
	cr_assert_eq(contact(), OPUS_NO_CONTACT);
	cr_assert(strstr(err.text, "another one in its place"), "%s", err.text);
}

Test(contact, an_impostor_is_turned_away)
{
	child_start(handle_impostor);
	cr_assert_eq(contact(), OPUS_OK, "%s", err.text);
}

Test(contact, death)
{
	child_start(handle_death);
	cr_assert_eq(contact(), OPUS_DIED, "%s", err.text);
}

Test(contact, the_signal_is_never_sent_uncaught)
{
	int status;

	child_start(NULL);
	cr_assert_eq(contact(), OPUS_NO_AGENT);
	cr_assert(strstr(err.text, "catches"), "%s", err.text);
	cr_assert_eq(waitpid(target.pid, &status, WNOHANG), 0);
}

Test(contact, a_stopped_process)
{
	child_start(handle_good);
	kill(target.pid, SIGSTOP);
	cr_assert_eq(waitpid(target.pid, NULL, WUNTRACED), target.pid);
	cr_assert_eq(contact(), OPUS_NO_CONTACT);
	cr_assert(strstr(err.text, "kill -CONT"), "%s", err.text);
}

Test(contact, a_zombie)
{
	siginfo_t info;

	child_start(handle_good);
	kill(target.pid, SIGKILL);
	cr_assert_eq(waitid(P_PID, (id_t)target.pid, &info, WEXITED | WNOWAIT),
		     0);
	cr_assert_eq(contact(), OPUS_NO_TARGET);
	cr_assert(strstr(err.text, "zombie"), "%s", err.text);
}

Test(contact, a_process_that_does_not_exist)
{
	child_start(handle_good);
	kill(target.pid, SIGKILL);
	waitpid(target.pid, NULL, 0);
	cr_assert_eq(contact(), OPUS_NO_TARGET);
	target.pid = 0;
}

/* What a killed sender leaves behind is removed by the next one, if it is old
 * and deaf; sockets in use and other files stay. */
Test(contact, sweeps_old_sockets_away)
{
	static const char *const names[] = {"/tmp/opus-0123456789ab",
					    "/tmp/opus-0123456789ac",
					    "/tmp/opus-0123456789ad"};
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fds[2], fd;

	child_start(handle_good);
	cr_assert_eq(target_look(&target, &err), OPUS_OK);
	for (int i = 0; i < 2; i++) {
		unlink(names[i]);
		fds[i] = socket(AF_UNIX, SOCK_SEQPACKET, 0);
		snprintf(a.sun_path, sizeof(a.sun_path), "%s", names[i]);
		cr_assert_eq(bind(fds[i], (struct sockaddr *)&a, sizeof(a)), 0);
	}
	cr_assert_eq(listen(fds[1], 1), 0);
	close(fds[0]);
	fd = creat(names[2], 0600);
	close(fd);
	contact_sweep(&target);
	cr_expect_eq(access(names[0], F_OK), 0, "too young");
	sleep(6); /* nothing can set st_ctime back */
	contact_sweep(&target);
	cr_expect_neq(access(names[0], F_OK), 0, "old and deaf");
	cr_expect_eq(access(names[1], F_OK), 0, "in use");
	cr_expect_eq(access(names[2], F_OK), 0, "no socket");
	unlink(names[1]);
	unlink(names[2]);
}

Test(contact, names_and_values)
{
	cr_assert(contact_name_matches("opus-0123456789ab"));
	cr_assert(!contact_name_matches("opus-0123456789a"));
	cr_assert(!contact_name_matches("opus-0123456789abc"));
	cr_assert(!contact_name_matches("opus-0123456789aB"));
	cr_assert(!contact_name_matches("0pus-0123456789ab"));
	cr_assert_eq(contact_value(2, 0xffff123456789abcu), 0x4f02123456789abcu);
}

Test(contact, leaves_nothing_behind)
{
	size_t before = sockets_left();

	child_start(handle_good);
	cr_assert_eq(contact(), OPUS_OK);
	child_start(handle_never);
	cr_assert_eq(contact(), OPUS_NO_CONTACT);
	/* Other tests may be at work at the same time. */
	for (int i = 0; i < 100 && sockets_left() > before; i++)
		usleep(50000);
	cr_assert(sockets_left() <= before);
}

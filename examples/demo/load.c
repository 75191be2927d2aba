/*
 * load.c - keep an HTTP server busy and count what goes wrong.
 *
 * Called by:  make demo, tests: load [-c CONNECTIONS] [-i MS FILE] PORT PATH
 * Runs on:    command; one thread per connection.
 * Locks:      none; the counters are atomic.
 * Signal:     SIGUSR1 and SIGTERM are only taken by sigwait().
 *
 * Each connection is kept alive and sends one request after the other. The
 * first answer sets what is right: any other length, a status that is not 200,
 * a broken connection and a wait of over five seconds count as failures.
 *
 * SIGUSR1 prints the counters since the last one, in one line, and sets them
 * back; SIGTERM does so and ends:
 *     requests=N failed=N longest_ms=X seconds=X
 * With -i a line is added to FILE every so many milliseconds, for a chart: the
 * time (seconds since 1970), requests a second, longest in ms, failed.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_CONNECTIONS 1024
#define MAX_ANSWER 65536

static uint16_t port;
static char request[512];
struct counters {
	atomic_long requests, failed, longest_ns;
};
static struct counters total; /* since the last SIGUSR1 */
static struct counters tick;  /* since the last line of the chart */
static long interval_ms;
static FILE *chart;
static atomic_long right_size; /* of an answer; 0: not known yet */

static long load_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000L + now.tv_nsec;
}

static int load_connect(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons(port),
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct timeval limit = {.tv_sec = 5};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address,
			       sizeof(address)) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Read one answer; its whole size, or -1 if it is not a proper 200. */
static long load_answer(int fd, char *buffer)
{
	long have = 0, want = 0;

	do {
		ssize_t got = recv(fd, buffer + have,
				   (size_t)(MAX_ANSWER - have), 0);
		char *end, *length;

		if (got <= 0)
			return -1;
		have += got;
		buffer[have] = 0;
		end = strstr(buffer, "\r\n\r\n");
		if (!end)
			continue;
		length = strcasestr(buffer, "\r\nContent-Length: ");
		if (strncmp(buffer, "HTTP/1.1 200 ", 13) || !length)
			return -1;
		want = end + 4 - buffer + atol(length + 18);
	} while ((!want || have < want) && have < MAX_ANSWER);
	return have == want ? have : -1;
}

static bool load_request(int fd, char *buffer)
{
	long unknown = 0, size;

	if (send(fd, request, strlen(request), MSG_NOSIGNAL) < 0)
		return false;
	size = load_answer(fd, buffer);
	if (size < 0)
		return false;
	atomic_compare_exchange_strong(&right_size, &unknown, size);
	return size == atomic_load(&right_size);
}

static void load_count(struct counters *c, bool good, long took)
{
	long longest = atomic_load(&c->longest_ns);

	atomic_fetch_add(good ? &c->requests : &c->failed, 1);
	while (took > longest &&
	       !atomic_compare_exchange_weak(&c->longest_ns, &longest, took))
		;
}

static void *load_connection(void *unused)
{
	char *buffer = malloc(MAX_ANSWER + 1);
	int fd = -1;

	(void)unused;
	while (buffer) {
		long start = load_now(), took;
		bool good;

		if (fd < 0)
			fd = load_connect();
		good = fd >= 0 && load_request(fd, buffer);
		took = load_now() - start;
		load_count(&total, good, took);
		load_count(&tick, good, took);
		if (good)
			continue;
		if (fd >= 0)
			close(fd);
		fd = -1;
		usleep(10000);
	}
	return NULL;
}

static void load_report(long *since)
{
	long now = load_now();

	printf("requests=%ld failed=%ld longest_ms=%.2f seconds=%.2f\n",
	       atomic_exchange(&total.requests, 0),
	       atomic_exchange(&total.failed, 0),
	       (double)atomic_exchange(&total.longest_ns, 0) / 1e6,
	       (double)(now - *since) / 1e9);
	fflush(stdout);
	*since = now;
}

static void *load_chart(void *unused)
{
	long next = load_now(), before = next;

	for (;;) {
		struct timespec clock;
		long now;

		next += interval_ms * 1000000;
		clock = (struct timespec){next / 1000000000, next % 1000000000};
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &clock, NULL);
		now = load_now();
		clock_gettime(CLOCK_REALTIME, &clock);
		fprintf(chart, "%ld.%03ld %.0f %.2f %ld\n", clock.tv_sec,
			clock.tv_nsec / 1000000,
			(double)atomic_exchange(&tick.requests, 0) * 1e9 /
				(double)(now - before),
			(double)atomic_exchange(&tick.longest_ns, 0) / 1e6,
			atomic_exchange(&tick.failed, 0));
		fflush(chart);
		before = now;
	}
	return unused;
}

static bool load_options(int argc, char **argv, int *connections)
{
	int option;

	while ((option = getopt(argc, argv, "c:i:")) != -1) {
		if (option == 'c')
			*connections = atoi(optarg);
		else if (option == 'i' && argv[optind])
			chart = fopen(argv[optind++], "a");
		else
			return false;
		if (option == 'i')
			interval_ms = atol(optarg);
	}
	return argc - optind == 2 && *connections >= 1 &&
	       *connections <= MAX_CONNECTIONS && !interval_ms == !chart;
}

int main(int argc, char **argv)
{
	int connections = 4, number = 0;
	long since = load_now();
	sigset_t signals;

	if (!load_options(argc, argv, &connections)) {
		fprintf(stderr, "usage: load [-c CONNECTIONS] [-i MS FILE] PORT PATH\n");
		return 2;
	}
	port = (uint16_t)atoi(argv[optind]);
	snprintf(request, sizeof(request),
		 "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", argv[optind + 1]);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigemptyset(&signals);
	sigaddset(&signals, SIGUSR1);
	sigaddset(&signals, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	for (int i = chart ? -1 : 0; i < connections; i++) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, i < 0 ? load_chart : load_connection,
				   NULL)) {
			perror("load: pthread_create");
			return 1;
		}
	}
	while (number != SIGTERM && sigwait(&signals, &number) == 0)
		load_report(&since);
	return 0;
}

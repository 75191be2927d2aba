/*
 * Threads that use libc and the loader all the time, and a way to see which
 * version of a libc function runs.
 *
 *   start      -> "started"
 *   memcpy     -> address of the memcpy that was chosen, less libc's base
 *   see NAME   -> "old" or "new"
 *   call       -> version of work()
 *   stop       -> what the threads found wrong
 */
#include <dlfcn.h>
#include <execinfo.h>
#include <link.h>
#include <netdb.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "target.h"

static volatile int stop, zero;
static const char *volatile wrong = "nothing";

ATTR int work(int value)
{
	return value + 1 + zero;
}

static void *use_malloc(void *unused)
{
	while (!stop) {
		char *p = malloc(1000);

		if (!p)
			wrong = "malloc";
		else
			p[0] = p[999] = 'x';
		p = realloc(p, 100000);
		free(p);
	}
	return unused;
}

static void *use_memcpy(void *unused)
{
	static char from[5000];
	char to[5000];

	for (unsigned i = 0; i < sizeof(from); i++)
		from[i] = (char)(i * 7);
	for (unsigned n = 0; !stop; n++) {
		size_t size = n * 13 % sizeof(from);

		memset(to, 1, sizeof(to));
		memcpy(to, from, size);
		if (memcmp(to, from, size) ||
		    (size < sizeof(to) && to[size] != 1))
			wrong = "memcpy";
	}
	return unused;
}

static int lookup(void)
{
	struct addrinfo hints = { .ai_flags = AI_NUMERICHOST }, *list;
	int result = getaddrinfo("127.0.0.1", "80", &hints, &list);

	if (result == 0)
		freeaddrinfo(list);
	return result;
}

static void *use_rest(void *unused)
{
	void *frames[16];
	char text[64];

	while (!stop) {
		int result = lookup(), fd[2];
		void *handle = dlopen("libm.so.6", RTLD_NOW), *page;

		if (result != 0 && result != EAI_FAIL)
			wrong = "getaddrinfo";
		if (!handle || !dlsym(handle, "cos"))
			wrong = "dlopen";
		else
			dlclose(handle);
		if (backtrace(frames, 16) < 2)
			wrong = "backtrace";
		page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (page == MAP_FAILED || munmap(page, 4096))
			wrong = "mmap";
		if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fd)) {
			wrong = "socketpair";
		} else {
			struct iovec part = { text, 5 };
			struct msghdr message = { .msg_iov = &part,
						  .msg_iovlen = 1 };

			if (sendmsg(fd[0], &message, 0) != 5 ||
			    write(fd[0], text, 6) != 6 ||
			    recv(fd[1], text, 64, 0) != 5)
				wrong = "sendmsg";
			close(fd[0]);
			close(fd[1]);
		}
	}
	return unused;
}

static void *libc_base(void)
{
	Dl_info info;

	return dladdr((void *)(uintptr_t)getaddrinfo, &info) ? info.dli_fbase
							     : NULL;
}

/* The new versions are made so that they can be told from the old ones. */
static const char *see(const char *name)
{
	int is_new = 0;

	if (!strcmp(name, "malloc")) {
		/* All its blocks are multiples of 32. */
		void *held[64];

		is_new = 1;
		for (int i = 0; i < 64; i++) {
			held[i] = malloc((size_t)i * 8 + 24);
			if ((uintptr_t)held[i] % 32)
				is_new = 0;
		}
		for (int i = 0; i < 64; i++)
			free(held[i]);
	} else if (!strcmp(name, "getaddrinfo")) {
		is_new = lookup() == EAI_FAIL;
	} else if (!strcmp(name, "dlopen")) {
		is_new = dlopen("opus-magic", RTLD_NOW) == (void *)0x1234;
	} else if (!strcmp(name, "connect")) {
		is_new = connect(-5, NULL, 0) == -1 && errno == EDOM;
	} else if (!strcmp(name, "sendmsg")) {
		is_new = sendmsg(-5, NULL, 0) == -1 && errno == EDOM;
	} else if (!strcmp(name, "write")) {
		is_new = write(-5, NULL, 0) == -1 && errno == EDOM;
	} else if (!strcmp(name, "mmap")) {
		is_new = mmap(NULL, 0, 0, 0, -5, 0) == MAP_FAILED &&
			 errno == EDOM;
	} else if (!strcmp(name, "_dl_find_object")) {
		int (*find)(void *, void *) =
			(int (*)(void *, void *))dlsym(RTLD_DEFAULT, name);
		char space[256];

		is_new = find((void *)0x1234, space) == 33;
	} else {
		char from[300], to[300];

		/* The new memcpy goes backwards when asked for 77 bytes. */
		memset(to, 0, sizeof(to));
		memset(from, 'x', sizeof(from));
		for (volatile size_t size = 77; size; size = 0)
			memcpy(to, from, size);
		is_new = to[76] == 'y';
	}
	return is_new ? "new" : "old";
}

int main(void)
{
	void *(*const users[])(void *) = { use_malloc, use_memcpy, use_rest,
					   use_malloc, use_memcpy, use_rest };
	pthread_t threads[6];
	char line[64], name[32];

	while (next(line, sizeof(line))) {
		if (!strcmp(line, "start")) {
			for (int i = 0; i < 6; i++)
				if (pthread_create(&threads[i], NULL, users[i],
						   NULL))
					die("pthread_create");
			say("started");
		} else if (!strcmp(line, "memcpy")) {
			say("%lx", (unsigned long)((uintptr_t)memcpy -
						   (uintptr_t)libc_base()));
		} else if (sscanf(line, "see %31s", name) == 1) {
			say("%s", see(name));
		} else if (!strcmp(line, "call")) {
			say("%d", work(0));
		} else if (!strcmp(line, "stop")) {
			stop = 1;
			for (int i = 0; i < 6; i++)
				pthread_join(threads[i], NULL);
			say("wrong: %s", wrong);
		} else {
			die("no such command");
		}
	}
	return 0;
}

/*
 * A program that has been taken over, as far as code reuse goes: it calls any
 * function of libc and makes any system call. Can it make code?
 *
 *   call          -> version of work()
 *   attack NAME   -> "refused" (EACCES), "made" or the error; with "made" the
 *                    new code was also run
 *   load PATH     -> result of late() in that library
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/shm.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "../target.h"

static const unsigned char code[] = {0xb8, 42, 0, 0, 0, 0xc3}; /* return 42 */
static volatile int zero;
static int (*late)(void); /* of a library that was loaded */

ATTR int work(void)
{
	return 1 + zero;
}

static void *page(int protection)
{
	void *p = mmap(NULL, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	if (protection & PROT_WRITE)
		memcpy(p, code, sizeof(code));
	return p;
}

static int file_with_code(void)
{
	char name[] = "/tmp/opus-attack-XXXXXX";
	int fd = mkstemp(name);

	unlink(name);
	if (fd < 0 || write(fd, code, sizeof(code)) != (ssize_t)sizeof(code))
		die("file");
	return fd;
}

static void *map(int fd, int protection)
{
	void *p = mmap(NULL, 4096, protection, MAP_PRIVATE, fd, 0);

	return p == MAP_FAILED ? NULL : p;
}

static void *raw_map(void)
{
	long rc;
	register long r10 __asm__("r10") = MAP_PRIVATE | MAP_ANONYMOUS;
	register long r8 __asm__("r8") = -1;
	register long r9 __asm__("r9") = 0;

	__asm__ volatile("syscall" : "=a"(rc)
			 : "0"(SYS_mmap), "D"(0), "S"(4096),
			   "d"(PROT_READ | PROT_WRITE | PROT_EXEC), "r"(r10),
			   "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	if (rc < 0) {
		errno = (int)-rc;
		return NULL;
	}
	memcpy((void *)rc, code, sizeof(code));
	return (void *)rc;
}

static void *shared_memory(void)
{
	int id = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0700);
	void *p = shmat(id, NULL, 0), *q;
	int saved;

	memcpy(p, code, sizeof(code));
	q = shmat(id, NULL, SHM_RDONLY | SHM_EXEC);
	saved = errno;
	shmctl(id, IPC_RMID, NULL);
	errno = saved;
	return q == (void *)-1 ? NULL : q;
}

/* The system call of the 32-bit ABI, which a filter might not look at. */
static void *old_abi(void)
{
	void *p = page(PROT_READ | PROT_WRITE);
	void *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	long rc;

	(void)p;
	memcpy(low, code, sizeof(code));
	__asm__ volatile("int $0x80" : "=a"(rc)
			 : "0"(125 /* mprotect */), "b"(low), "c"(4096), "d"(5)
			 : "memory", "r8", "r9", "r10", "r11");
	errno = (int)-rc;
	return rc == 0 ? low : NULL;
}

static void *protect(bool with_key)
{
	void *p = page(PROT_READ | PROT_WRITE);
	int rc = with_key ? (int)syscall(SYS_pkey_mprotect, p, 4096,
					 PROT_READ | PROT_EXEC, -1)
			  : mprotect(p, 4096, PROT_READ | PROT_EXEC);

	return rc == 0 ? p : NULL;
}

static void *memfd(void)
{
	int fd = memfd_create("attack", 0);

	if (fd < 0 || write(fd, code, sizeof(code)) != (ssize_t)sizeof(code))
		return NULL;
	return map(fd, PROT_READ | PROT_EXEC);
}

/* libc's syscall(), which is the agent's: by calls of a function alone. */
static void *by_syscall(const char *name)
{
	int fd = !strcmp(name, "syscall-file") ? file_with_code()
		: (int)syscall(SYS_memfd_create, "attack", 0);
	long rc;

	if (fd < 0 || pwrite(fd, code, sizeof(code), 0) != (ssize_t)sizeof(code))
		return NULL;
	rc = syscall(SYS_mmap, NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	return rc == -1 ? NULL : (void *)rc;
}

/* A page of a library that lies in memory (/dev/shm) is dropped, and gets new
 * contents from whoever handles its faults. */
static void *fault_handler(void)
{
	struct uffdio_api api = {.api = UFFD_API};
	struct uffdio_register area = {.mode = UFFDIO_REGISTER_MODE_MISSING};
	struct uffdio_copy copy = {.len = 4096};
	uintptr_t at = (uintptr_t)late & ~(uintptr_t)4095;
	char *from = page(PROT_READ | PROT_WRITE);
	long uffd = syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);

	if (uffd < 0)
		return NULL;
	memcpy(from, (void *)at, 4096);
	memcpy(from + ((uintptr_t)late - at), code, sizeof(code));
	area.range.start = copy.dst = at;
	area.range.len = 4096;
	copy.src = (uintptr_t)from;
	if (ioctl((int)uffd, UFFDIO_API, &api) != 0 ||
	    ioctl((int)uffd, UFFDIO_REGISTER, &area) != 0 ||
	    madvise((void *)at, 4096, MADV_DONTNEED) != 0 ||
	    ioctl((int)uffd, UFFDIO_COPY, &copy) != 0)
		return NULL;
	return (void *)late;
}

static void *personality_trick(void)
{
	if (personality(READ_IMPLIES_EXEC) < 0)
		return NULL;
	return page(PROT_READ | PROT_WRITE);
}

static int other_process(const char *name)
{
	struct iovec from = {(void *)code, sizeof(code)};
	struct iovec to = {page(PROT_READ | PROT_WRITE), sizeof(code)};

	if (!strcmp(name, "process_vm_writev"))
		return process_vm_writev(getpid(), &from, 1, &to, 1, 0) < 0 ? -1 : 0;
	if (!strcmp(name, "ptrace"))
		return (int)ptrace(PTRACE_TRACEME, 0, 0, 0);
	if (!strcmp(name, "execve"))
		return execl("/bin/true", "true", NULL);
	if (!strcmp(name, "execveat"))
		return (int)syscall(SYS_execveat, AT_FDCWD, "/bin/true", NULL, NULL, 0);
	if (!strcmp(name, "remap_file_pages"))
		return (int)syscall(SYS_remap_file_pages, to.iov_base, 4096, 0, 0, 0);
	if (!strcmp(name, "x32"))
		return (int)syscall(0x40000000 + SYS_getpid) < 0 ? -1 : 0;
	die(name);
	return -1;
}

static void *make(const char *name)
{
	if (!strcmp(name, "mprotect"))
		return protect(false);
	if (!strcmp(name, "pkey_mprotect"))
		return protect(true);
	if (!strcmp(name, "mmap"))
		return page(PROT_READ | PROT_WRITE | PROT_EXEC);
	if (!strcmp(name, "raw-mmap"))
		return raw_map();
	if (!strcmp(name, "file"))
		return map(file_with_code(), PROT_READ | PROT_EXEC);
	if (!strcmp(name, "memfd"))
		return memfd();
	if (!strcmp(name, "shmat"))
		return shared_memory();
	if (!strcmp(name, "int80"))
		return old_abi();
	if (!strncmp(name, "syscall-", 8))
		return by_syscall(name);
	if (!strcmp(name, "userfaultfd"))
		return fault_handler();
	if (!strcmp(name, "personality"))
		return personality_trick();
	return NULL;
}

static void attack(const char *name)
{
	void *p;

	errno = 0;
	p = make(name);
	if (p) {
		say(((int (*)(void))p)() == 42 ? "made" : "wrong");
	} else if (errno == 0) {
		pid_t child = fork(); /* some would end this process */

		if (child == 0) {
			errno = 0;
			_exit(other_process(name) < 0 ? errno : 0);
		}
		waitpid(child, &errno, 0);
		errno = WIFEXITED(errno) ? WEXITSTATUS(errno) : 999;
		say("%s", errno == EACCES ? "refused" : errno ? strerror(errno) : "made");
	} else {
		say("%s", errno == EACCES ? "refused" : strerror(errno));
	}
}

int main(void)
{
	char line[4096];

	while (next(line, sizeof(line))) {
		if (!strcmp(line, "call")) {
			say("%d", work());
		} else if (!strncmp(line, "attack ", 7)) {
			attack(line + 7);
		} else if (!strncmp(line, "load ", 5)) {
			void *handle = dlopen(line + 5, RTLD_NOW);

			if (!handle)
				die(dlerror());
			*(void **)&late = dlsym(handle, "late");
			say("%d", late());
		}
	}
	return 0;
}

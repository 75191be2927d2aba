/* New versions of functions of libc and ld.so; -DNAME says which one. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stddef.h>

#include <opus-livepatch/patch.h>

#define EDOM_ 33
int *__errno_location(void);

/* A system call, but for the arguments that the test asks with. */
static inline long plain(long number, long a, long b, long c, long d, long e,
			 long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall" : "=a"(result)
			 : "0"(number), "D"(a), "S"(b), "d"(c), "r"(r10),
			   "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	if (result < 0 && result > -4096) {
		*__errno_location() = (int)-result;
		return -1;
	}
	return result;
}

static inline long told_apart(int fd)
{
	if (fd != -5)
		return 0;
	*__errno_location() = EDOM_;
	return 1;
}

#if defined(DO_malloc)
OPUS_PATCH("malloc", "blocks are multiples of 32");
void *memalign(size_t, size_t);
void *malloc(size_t size)
{
	return memalign(32, size);
}
OPUS_REPLACE(malloc);

#elif defined(DO_getaddrinfo)
/* libc chooses time() at start: it may be in the vDSO. */
long time(long *);
OPUS_PATCH("getaddrinfo", "always fails");
int getaddrinfo(const char *node, const char *service, const void *hints,
		void **ret)
{
	(void)node;
	(void)service;
	(void)hints;
	*ret = NULL;
	return time(NULL) > 1000000 ? -4 : -3;
}
OPUS_REPLACE(getaddrinfo);

#elif defined(DO_dlopen)
OPUS_PATCH("dlopen", "finds opus-magic");
void *dlmopen(long, const char *, int);
void *dlopen(const char *name, int mode)
{
	if (name && name[0] == 'o' && name[1] == 'p' && name[2] == 'u')
		return (void *)0x1234;
	return dlmopen(0, name, mode);
}
OPUS_REPLACE(dlopen);

#elif defined(DO_connect)
OPUS_PATCH("connect", "a plain system call");
int connect(int fd, const void *name, unsigned size)
{
	return told_apart(fd) ? -1 :
		(int)plain(42, fd, (long)name, size, 0, 0, 0);
}
OPUS_REPLACE(connect);

#elif defined(DO_sendmsg)
OPUS_PATCH("sendmsg", "a plain system call");
long sendmsg(int fd, const void *message, int flags)
{
	return told_apart(fd) ? -1 :
		plain(46, fd, (long)message, flags, 0, 0, 0);
}
OPUS_REPLACE(sendmsg);

#elif defined(DO_write)
OPUS_PATCH("write", "a plain system call");
long write(int fd, const void *data, size_t size)
{
	return told_apart(fd) ? -1 :
		plain(1, fd, (long)data, (long)size, 0, 0, 0);
}
OPUS_REPLACE(write);

#elif defined(DO_mmap)
OPUS_PATCH("mmap", "a plain system call");
void *mmap(void *at, size_t size, int may, int flags, int fd, long offset)
{
	return told_apart(fd) ? (void *)-1 :
		(void *)plain(9, (long)at, (long)size, may, flags, fd, offset);
}
OPUS_REPLACE(mmap);

#elif defined(DO__dl_find_object)
OPUS_PATCH("_dl_find_object", "by dl_iterate_phdr");
#include <dlfcn.h>
#include <link.h>

struct search {
	unsigned long pc;
	struct dl_find_object *ret;
};

static int look(struct dl_phdr_info *info, size_t size, void *data)
{
	struct search *s = data;
	int found = 0;

	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		unsigned long start = info->dlpi_addr + p->p_vaddr;

		if (p->p_type == PT_LOAD && s->pc - start < p->p_memsz) {
			s->ret->dlfo_map_start = (void *)start;
			s->ret->dlfo_map_end = (void *)(start + p->p_memsz);
			found = 1;
		} else if (p->p_type == PT_GNU_EH_FRAME) {
			s->ret->dlfo_eh_frame = (void *)start;
		}
	}
	return found;
}

int _dl_find_object(void *pc, struct dl_find_object *ret)
{
	struct search s = { (unsigned long)pc, ret };

	if (s.pc == 0x1234)
		return 33;
	ret->dlfo_flags = 0;
	ret->dlfo_link_map = NULL;
	return dl_iterate_phdr(look, &s) ? 0 : -1;
}
OPUS_REPLACE(_dl_find_object);

#elif defined(DO_memcpy)
OPUS_PATCH("memcpy", "by the byte");
void *MEMCPY(void *to, const void *from, size_t size);
void *MEMCPY(void *to, const void *from, size_t size)
{
	void *at = to;
	size_t left = size;

	if ((char *)to > (const char *)from &&
	    (char *)to < (const char *)from + size) {
		while (left--)
			((volatile char *)to)[left] = ((const char *)from)[left];
	} else {
		__asm__ volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(left)
				 : : "memory");
	}
	if (size == 77)
		((char *)to)[76] = 'y';
	return to;
}
OPUS_REPLACE(MEMCPY);

#else
OPUS_PATCH("work", "work() adds 2");
int work(int value)
{
	return value + 2;
}
OPUS_REPLACE(work);
#endif

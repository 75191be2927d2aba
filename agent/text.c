/*
 * text.c - write into code pages that stay readable and executable throughout.
 *
 * Called by:  update.c.
 * Runs on:    agent thread; text_write() with all other threads stopped.
 * Locks:      none; raw system calls in text_write().
 * Signal:     unsafe for handlers, safe while threads are stopped.
 *
 * /proc/self/mem writes through the protection of a page (FOLL_FORCE) into a
 * private copy of it; nothing becomes writable and executable, and it works
 * under MemoryDenyWriteExecute=, where an mprotect() to writable succeeds and
 * the way back to executable is refused, which would kill the service. Where
 * the kernel forbids it (proc_mem.force_override, no /proc), a memfd with the
 * changed copy is mapped over the page.
 *
 * Other threads: all stopped, in a system call. They return to user mode by a
 * path that serialises or after text_sync(), so that none runs stale bytes.
 */
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/membarrier.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent.h"
#include "arch/x86_64/raw.h"
#include "arch/x86_64/valgrind.h"
#include "descriptor.h"
#include "lock.h"
#include "proc.h"

#define PAGE 4096u

static struct descriptor text_mem = {.fd = -1};
static struct descriptor text_memfd = {.fd = -1}; /* scratch for overlays */
START_DATA static int text_barrier;    /* 1: membarrier is registered */

static uint8_t before[TEXT_WRITE_MAX]; /* what is being written over */

/* A word of our own read-only data to try the write on. */
static const uint64_t text_probe __attribute__((aligned(8))) =
	0x6f70757370726f62u;

static bool mem_works(void)
{
	uint64_t same = *(volatile const uint64_t *)&text_probe;

	return pwrite(text_mem.fd, &same, sizeof(same), (off_t)(uintptr_t)&text_probe) ==
	       sizeof(same);
}

AT_START void text_init(void)
{
	text_barrier =
		raw_syscall3(SYS_membarrier,
			     MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE,
			     0, 0) == 0;
}

enum opus_code text_prepare(struct opus_error *err)
{
	if (!text_barrier)
		text_init();
	descriptor_keep(&text_mem, proc_open("mem", O_RDWR));
	if (text_mem.fd >= 0 && mem_works())
		return OPUS_OK;
	descriptor_close(&text_mem);
	descriptor_keep(&text_memfd, lock_memfd("opus-text", MFD_CLOEXEC));
	if (text_memfd.fd < 0)
		return error_set_errno(err,
			errno == EMFILE || errno == ENFILE || errno == ENOMEM
				? OPUS_RESOURCE : OPUS_CONFINED,
				       "neither /proc/self/mem nor a memfd can be used to change code");
	return OPUS_OK;
}

void text_warm(uintptr_t address)
{
	uint8_t same = *(volatile const uint8_t *)address;

	if (descriptor_ours(&text_mem))
		(void)!pwrite(text_mem.fd, &same, 1, (off_t)address);
}

static long mem_write(uintptr_t address, const void *bytes, size_t size)
{
	return raw_syscall6(SYS_pwrite64, text_mem.fd, (long)bytes, (long)size,
			    (long)address, 0, 0);
}

/* Map a changed copy of the page over it. */
static long overlay_write(uintptr_t address, const void *bytes, size_t size)
{
	uintptr_t page = address & ~(uintptr_t)(PAGE - 1);
	size_t span = (address + size - page + PAGE - 1) & ~(size_t)(PAGE - 1);
	off_t at = lseek(text_memfd.fd, 0, SEEK_END);
	long rc;

	rc = raw_syscall6(SYS_pwrite64, text_memfd.fd, (long)page, (long)span, at, 0, 0);
	if (rc != (long)span)
		return rc < 0 ? rc : -EIO;
	rc = raw_syscall6(SYS_pwrite64, text_memfd.fd, (long)bytes, (long)size,
			  at + (long)(address - page), 0, 0);
	if (rc != (long)size)
		return rc < 0 ? rc : -EIO;
	if (lock_map((void *)page, span, PROT_READ | PROT_EXEC,
		     MAP_PRIVATE | MAP_FIXED, text_memfd.fd, at) != (void *)page)
		return -errno;
	return (long)size;
}

/* What the host has closed since it was opened is opened again. */
static bool text_ready(void)
{
	struct opus_error ignored;

	if (descriptor_ours(text_mem.fd >= 0 ? &text_mem : &text_memfd))
		return true;
	text_mem.fd = text_memfd.fd = -1;
	return text_prepare(&ignored) == OPUS_OK;
}

/* True: the bytes are there, all of them. */
static bool write_all(uintptr_t address, const void *bytes, size_t size)
{
	long rc = !text_ready() ? -EBADF
		: text_mem.fd >= 0 ? mem_write(address, bytes, size)
				   : overlay_write(address, bytes, size);

	/* Under valgrind code runs from translations of the old bytes. */
	valgrind_request(VALGRIND_DISCARD, address, size);
	errno = rc < 0 ? (int)-rc : EIO;
	return rc == (long)size && memcmp((const void *)address, bytes, size) == 0;
}

/* Of what was not written whole, the pages that were: a second page, for
 * instance, could not be had in a control group at its limit. They are the
 * process's own by now, and need no more memory. */
static bool write_undo(uintptr_t address, size_t size)
{
	const uint8_t *now = (const void *)address;
	size_t first = 0;

	while (first < size && now[first] == before[first])
		first++;
	while (size > first && now[size - 1] == before[size - 1])
		size--;
	return size == first ||
	       write_all(address + first, before + first, size - first);
}

enum opus_code text_write(uintptr_t address, const void *bytes, size_t size,
			  struct opus_error *err)
{
	int error;

	if (size > TEXT_WRITE_MAX)
		return error_set(err, OPUS_RESOURCE, "cannot write %zu bytes at once",
				 size);
	memcpy(before, (const void *)address, size);
	if (write_all(address, bytes, size))
		return OPUS_OK;
	error = errno;
	if (!write_undo(address, size))
		return error_set_errno(err, OPUS_INCONSISTENT,
			"%zu bytes of code at %#lx were written in part, and not all of them could be put back",
			size, (unsigned long)address);
	errno = error;
	return error_set_errno(err, OPUS_RESOURCE,
			       "cannot write %zu bytes of code at %#lx", size,
			       (unsigned long)address);
}

void text_sync(void)
{
	if (text_barrier)
		raw_syscall3(SYS_membarrier,
			     MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0);
}

void text_finish(void)
{
	descriptor_close(&text_mem);
	descriptor_close(&text_memfd);
}

/*
 * lock.c - a seccomp filter that tells the agent's calls by their address.
 *
 * Called by:  start.c; patch.c, table.c and text.c for the agent's own calls.
 * Runs on:    the first thread before main(); the agent thread.
 * Locks:      lock_install() malloc's; lock_memfd() and lock_map() none.
 * Signal:     unsafe: heap, but for the latter two.
 *
 *      system call ── of another ABI ──────────────────────────▶ refused
 *         │
 *         ├─ mprotect, pkey_mprotect with PROT_EXEC,
 *         │  shmat with SHM_EXEC, remap_file_pages, exec, ptrace,
 *         │  process_vm_writev, userfaultfd, personality that makes data
 *         │  code ─────────────────────────────────────────────▶ refused
 *         │
 *         ├─ memfd_create ── by lock_memfd() ── else ──────────▶ refused
 *         │
 *         └─ mmap with PROT_EXEC ── of a file, not writable, by lock_map() or
 *                                   by the loader ── else ─────▶ refused
 *
 * A refused call returns EACCES, so that a program that tries one goes on. The
 * filter is written with the addresses of this process, which forked children
 * share. A program that is exec'ed would have others, and its loader could map
 * nothing: exec is refused altogether.
 */
#include "lock.h"

#include <errno.h>
#include <elf.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/shm.h>

#include "arch/x86_64/raw.h"
#include "object.h"

#define X32_BIT 0x40000000u
#define PROGRAM_MAX 128

/* --- the agent's own calls --- */

/* The filter knows them by where these two functions lie, and not by the agent's
 * text as a whole: libc's syscall() is in that, too, and makes any call for
 * anybody. */
#define LOCK_TEXT __attribute__((noinline, section("lock_text")))
extern const char __start_lock_text[] __attribute__((visibility("hidden")));
extern const char __stop_lock_text[] __attribute__((visibility("hidden")));

static inline __attribute__((always_inline)) long result(long rc)
{
	if (rc >= 0 || rc < -4095)
		return rc;
	errno = (int)-rc;
	return -1;
}

LOCK_TEXT int lock_memfd(const char *name, unsigned int flags)
{
	return (int)result(raw_syscall3(SYS_memfd_create, (long)name, flags, 0));
}

LOCK_TEXT void *lock_map(void *at, size_t size, int protection, int flags, int fd,
	       long offset)
{
	return (void *)result(raw_syscall6(SYS_mmap, (long)at, (long)size,
					   protection, flags, fd, offset));
}

/* --- the program --- */

struct program {
	struct sock_filter list[PROGRAM_MAX];
	unsigned short count;
};

#define NR offsetof(struct seccomp_data, nr)
#define ARCH offsetof(struct seccomp_data, arch)
#define IP_LOW offsetof(struct seccomp_data, instruction_pointer)
#define IP_HIGH (IP_LOW + 4)
#define ARG(n) (offsetof(struct seccomp_data, args) + 8 * (n))
#define REFUSE (SECCOMP_RET_ERRNO | EACCES)

static void emit(struct program *p, unsigned short code, uint32_t k, uint8_t yes,
		 uint8_t no)
{
	if (p->count < PROGRAM_MAX)
		p->list[p->count++] = (struct sock_filter){code, yes, no, k};
}

static void load(struct program *p, size_t field)
{
	emit(p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)field, 0, 0);
}

static void end(struct program *p, uint32_t verdict)
{
	emit(p, BPF_RET | BPF_K, verdict, 0, 0);
}

/* The next `skip` instructions are for this system call only. */
static void only(struct program *p, long nr, uint8_t skip)
{
	load(p, NR);
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)nr, 0, skip);
}

static void refuse(struct program *p, long nr)
{
	only(p, nr, 1);
	end(p, REFUSE);
}

/* If any of these bits is set in the argument. */
static void refuse_bits(struct program *p, long nr, int arg, uint32_t bits)
{
	only(p, nr, 3);
	load(p, ARG(arg));
	emit(p, BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1);
	end(p, REFUSE);
}

struct range {
	uintptr_t start, end;
};

/* The instruction lies in this range, which has one upper half: skip `skip`
 * more instructions behind this block. */
#define IN_RANGE_SIZE 5
static void in_range(struct program *p, struct range r, uint8_t skip)
{
	load(p, IP_HIGH);
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(r.start >> 32), 0, 3);
	load(p, IP_LOW);
	emit(p, BPF_JMP | BPF_JGE | BPF_K, (uint32_t)r.start, 0, 1);
	emit(p, BPF_JMP | BPF_JGE | BPF_K, (uint32_t)r.end, 0, skip);
}

/* The same for any text. It is far smaller than 4 GiB, so it has two upper
 * halves at most, as chance has put it. */
#define IN_TEXT_SIZE (2 * IN_RANGE_SIZE)
static void in_text(struct program *p, struct range r, uint8_t skip)
{
	uintptr_t border = r.end & ~(uintptr_t)0xffffffff;
	bool two = border > r.start;

	in_range(p, (struct range){r.start, two ? border - 1 : r.end},
		 (uint8_t)(skip + IN_RANGE_SIZE));
	in_range(p, (struct range){two ? border : r.start, r.end}, skip);
}

static void memfd_rule(struct program *p, struct range agent)
{
	only(p, SYS_memfd_create, IN_TEXT_SIZE + 1);
	in_text(p, agent, 1);
	end(p, REFUSE);
}

/* mmap: without PROT_EXEC as it likes; else of a file, without PROT_WRITE. */
static void mmap_rule(struct program *p, struct range agent, struct range loader)
{
	const uint8_t ranges = 2 * IN_TEXT_SIZE;

	only(p, SYS_mmap, 7 + ranges + 1);
	load(p, ARG(2));
	emit(p, BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 6 + ranges);
	emit(p, BPF_JMP | BPF_JSET | BPF_K, PROT_WRITE, 3, 0);
	load(p, ARG(3));
	emit(p, BPF_JMP | BPF_JSET | BPF_K, MAP_ANONYMOUS, 1, 0);
	emit(p, BPF_JMP | BPF_JA, 1, 0, 0);
	end(p, REFUSE);
	in_text(p, agent, IN_TEXT_SIZE + 1);
	in_text(p, loader, 1);
	end(p, REFUSE);
}

static void personality_rule(struct program *p)
{
	only(p, SYS_personality, 4);
	load(p, ARG(0));
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, 0xffffffffu, 2, 0); /* only asks */
	emit(p, BPF_JMP | BPF_JSET | BPF_K, READ_IMPLIES_EXEC, 0, 1);
	end(p, REFUSE);
}

static void program_write(struct program *p, struct range agent,
			  struct range loader)
{
	static const short refused[] = {
		SYS_execve, SYS_execveat, SYS_ptrace, SYS_process_vm_writev,
		SYS_remap_file_pages, SYS_uselib, SYS_userfaultfd,
	};

	load(p, ARCH);
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
	end(p, REFUSE);
	load(p, NR);
	emit(p, BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1);
	end(p, REFUSE);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		refuse(p, refused[i]);
	refuse_bits(p, SYS_mprotect, 2, PROT_EXEC);
	refuse_bits(p, SYS_pkey_mprotect, 2, PROT_EXEC);
	refuse_bits(p, SYS_shmat, 2, SHM_EXEC);
	personality_rule(p);
	memfd_rule(p, agent);
	mmap_rule(p, agent, loader);
	end(p, SECCOMP_RET_ALLOW);
}

/* --- install --- */

/* The executable segment of the object that holds the address. */
static bool text_find(uintptr_t address, struct range *ret)
{
	const struct object *o = object_by_address(address);

	for (uint32_t i = 0; o && i < o->segments; i++) {
		const struct object_segment *s = &o->segment[i];

		if (s->flags & PF_X) {
			*ret = (struct range){s->start, s->end};
			return true;
		}
	}
	return false;
}

/* What can be written and run already needs no call that could be refused. */
static enum opus_code memory_check(struct opus_error *err)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512], rights[8];
	bool both = false;

	if (!maps)
		return error_set_errno(err, OPUS_CONFINED, "/proc/self/maps");
	while (!both && fgets(line, sizeof(line), maps))
		both = sscanf(line, "%*x-%*x %7s", rights) == 1 &&
		       rights[1] == 'w' && rights[2] == 'x';
	fclose(maps);
	line[strcspn(line, "\n")] = '\0';
	if (!both)
		return OPUS_OK;
	return error_set(err, OPUS_CONFINED,
		"some of its memory is both writable and executable, which a lock is to prevent; a stack is where one object was linked with -z execstack: %.200s",
		line);
}

enum opus_code lock_install(struct opus_error *err)
{
	const struct range agent = {(uintptr_t)__start_lock_text,
				    (uintptr_t)__stop_lock_text};
	struct program p = {.count = 0};
	struct sock_fprog code;
	struct range loader;
	long rc;

	if (object_snapshot(err) != OPUS_OK)
		return OPUS_RESOURCE;
	if (!text_find(getauxval(AT_BASE), &loader))
		return error_set(err, OPUS_CONFINED,
				 "the code of the loader was not found");
	if (memory_check(err) != OPUS_OK)
		return OPUS_CONFINED;
	program_write(&p, agent, loader);
	code = (struct sock_fprog){p.count, p.list};
	/* Without it only the superuser may install filters. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return error_set_errno(err, OPUS_CONFINED, "no_new_privs");
	rc = raw_syscall3(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			  SECCOMP_FILTER_FLAG_TSYNC, (long)&code);
	if (rc != 0) {
		errno = rc < 0 ? (int)-rc : EBUSY;
		return error_set_errno(err, OPUS_CONFINED,
				       "the lock cannot be installed (seccomp)");
	}
	return OPUS_OK;
}

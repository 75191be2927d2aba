/*
 * place.c - unwind a stopped thread from outside, and judge its frames.
 *
 * Called by:  inject.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * libdw unwinds. Its own reader of processes (dwfl_linux_proc_attach) stops
 * every thread and opens files by their paths, which may mean others in our
 * root folder; so we give it the files and the registers. The stack is copied
 * once: one system call for each word would be most of the pause.
 */
#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/waits.h"
#include "dw.h"
#include "proc.h"
#include "signal_frame.h"
#include "watch.h"

#define FRAMES 256
#define TCB_SELF 16 /* tcbhead_t's pointer to itself, glibc's tls.h */
#define START_SIZE 64 /* no _start is longer */
#define PAGE 4096u
#define STACK_COPY (64u << 10)

struct place {
	const struct modules *m;
	uint64_t home;
	uint64_t sigmask; /* pthread_sigmask() */
	uint32_t tid_at;  /* in struct pthread; 0: not known */
	unsigned int reported, unreadable; /* objects */
	Dwfl *dwfl;
	const struct user_regs_struct *regs;
	uint64_t stack_at;
	size_t stack_size;
	size_t frames;
	uint64_t frame[FRAMES]; /* program counters, innermost first */
	uint8_t stack[STACK_COPY];
};

bool place_waits(long number, uint64_t second_argument)
{
	switch (number) {
	case SYS_read: case SYS_write: case SYS_readv: case SYS_writev:
	case SYS_poll: case SYS_ppoll: case SYS_select: case SYS_pselect6:
	case SYS_epoll_wait: case SYS_epoll_pwait: case SYS_epoll_pwait2:
	case SYS_accept: case SYS_accept4: case SYS_connect:
	case SYS_recvfrom: case SYS_recvmsg: case SYS_recvmmsg:
	case SYS_sendto: case SYS_sendmsg: case SYS_sendmmsg:
	case SYS_nanosleep: case SYS_clock_nanosleep: case SYS_pause:
	case SYS_rt_sigsuspend: case SYS_rt_sigtimedwait:
	case SYS_wait4: case SYS_waitid: case SYS_flock: case SYS_fcntl:
	case SYS_msgrcv: case SYS_msgsnd: case SYS_semop: case SYS_semtimedop:
	case SYS_mq_timedreceive: case SYS_mq_timedsend:
	case SYS_io_getevents: case SYS_io_uring_enter:
	/* A wait with a time limit that was stopped before: poll, nanosleep or
	 * futex, and lll_lock has no time limit. */
	case SYS_restart_syscall:
		return true;
	case SYS_futex:
		/* Condition variables, semaphores and joins. lll_lock, which
		 * guards libc and malloc, uses FUTEX_WAIT. */
		return (second_argument & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET;
	default:
		return false;
	}
}

/* --- what libdw asks --- */

static pid_t next_thread(Dwfl *dwfl, void *arg, void **thread)
{
	(void)dwfl, (void)arg, (void)thread;
	return 0; /* the one thread is asked for by its id */
}

static bool get_thread(Dwfl *dwfl, pid_t tid, void *arg, void **thread)
{
	(void)dwfl, (void)tid;
	*thread = arg;
	return true;
}

static bool memory_read(Dwfl *dwfl, Dwarf_Addr at, Dwarf_Word *ret, void *arg)
{
	struct place *p = arg;

	(void)dwfl;
	if (at >= p->stack_at && p->stack_size >= sizeof(*ret) &&
	    at - p->stack_at <= p->stack_size - sizeof(*ret)) {
		memcpy(ret, p->stack + (at - p->stack_at), sizeof(*ret));
		return true;
	}
	return proc_memory_read(p->m->view, at, ret, sizeof(*ret));
}

static bool set_registers(Dwfl_Thread *thread, void *arg)
{
	const struct user_regs_struct *r = ((struct place *)arg)->regs;
	/* Numbers of the x86-64 psABI, figure 3.36. */
	const Dwarf_Word words[] = {r->rax, r->rdx, r->rcx, r->rbx, r->rsi,
				    r->rdi, r->rbp, r->rsp, r->r8,  r->r9,
				    r->r10, r->r11, r->r12, r->r13, r->r14,
				    r->r15, r->rip};

	return dw.dwfl_thread_state_registers(
		thread, 0, sizeof(words) / sizeof(words[0]), words);
}

static const Dwfl_Thread_Callbacks thread_callbacks = {
	.next_thread = next_thread,
	.get_thread = get_thread,
	.memory_read = memory_read,
	.set_initial_registers = set_registers,
};

static int no_debug_file(Dwfl_Module *mod, void **data, const char *name,
			 Dwarf_Addr base, const char *file, const char *link,
			 GElf_Word crc, char **ret)
{
	(void)mod, (void)data, (void)name, (void)base, (void)file, (void)link;
	(void)crc, (void)ret;
	return -1; /* .eh_frame is in the file itself; do not search */
}

static Dwfl_Callbacks callbacks = {
	.find_debuginfo = no_debug_file,
	/* section_address: of libdw, see place_init() */
};

/* --- files --- */

/* The very file that is mapped, or -1. */
static int module_open(const struct modules *m, const struct module *object)
{
	char path[400];
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/root%s", m->view, object->path);
	fd = proc_regular_open(path);
	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_ino == object->inode)
		return fd;
	if (fd >= 0)
		close(fd);
	/* Replaced or deleted; only privileged processes may open this way. */
	snprintf(path, sizeof(path), "/proc/%d/map_files/%lx-%lx", m->view,
		 object->start, object->first_end);
	return proc_regular_open(path);
}

static void module_add(struct place *p, const struct module *object)
{
	Dwfl_Module *mod;
	Dwarf_Addr bias;
	int fd;

	watch_note(object->path);
	fd = module_open(p->m, object);

	/* Frames in a file that cannot be read end the walk, which is then
	 * no proof of anything: the thread is not used. */
	p->reported++;
	if (fd < 0) {
		p->unreadable++;
		return;
	}
	/* Of a module whose name ends in " (deleted)" libdw does not believe that
	 * it can be read. */
	mod = dw.dwfl_report_elf(p->dwfl, "object", object->path, fd, object->bias,
				 true);
	if (!mod)
		close(fd);
	else
		(void)dw.dwfl_module_eh_cfi(mod, &bias);
}

/* What libc tells libthread_db: size in bits, how many, offset. */
static uint32_t tid_place(const struct modules *m)
{
	uint64_t at = module_symbol(m, m->libc, "_thread_db_pthread_tid");
	uint32_t field[3];

	return at && proc_memory_read(m->view, at, field, sizeof(field)) &&
	       field[0] == 32 ? field[2] : 0;
}

enum opus_code place_init(struct place **ret, const struct modules *m,
			  uint64_t home, struct opus_error *err)
{
	struct place *p = calloc(1, sizeof(*p));

	*ret = p;
	if (!p)
		return error_set(err, OPUS_RESOURCE, "no memory");
	p->m = m;
	p->home = home;
	p->sigmask = module_symbol(m, m->libc, "pthread_sigmask");
	p->tid_at = tid_place(m);
	if (!dw_open())
		return error_set(err, OPUS_RESOURCE,
			"libdw.so.1 cannot be loaded: install libdw1");
	callbacks.section_address = dw.dwfl_offline_section_address;
	p->dwfl = dw.dwfl_begin(&callbacks);
	if (!p->dwfl)
		return error_set(err, OPUS_RESOURCE, "libdw: %s", dw.dwfl_errmsg(-1));
	dw.dwfl_report_begin(p->dwfl);
	for (size_t i = 0; i < m->count; i++)
		if (m->list[i].text_start)
			module_add(p, &m->list[i]);
	if (p->unreadable && p->unreadable == p->reported)
		return error_set(err, OPUS_PERMISSION,
			"the files that it runs were replaced or deleted on the disk, "
			"and we may not read those that are gone; this works: sudo "
			"opus-inject --pid %d", (int)m->view);
	if (dw.dwfl_report_end(p->dwfl, NULL, NULL) != 0 ||
	    !dw.dwfl_attach_state(p->dwfl, NULL, m->view, &thread_callbacks, p))
		return error_set(err, OPUS_INTERNAL,
				 "libdw cannot unwind its threads: %s",
				 dw.dwfl_errmsg(-1));
	return OPUS_OK;
}

void place_deinit(struct place **place)
{
	if (*place && (*place)->dwfl)
		dw.dwfl_end((*place)->dwfl);
	free(*place);
	*place = NULL;
}

/* --- one thread --- */

static int frame_take(Dwfl_Frame *frame, void *arg)
{
	struct place *p = arg;
	Dwarf_Addr pc;
	bool exact;

	if (p->frames == FRAMES || !dw.dwfl_frame_pc(frame, &pc, &exact))
		return DWARF_CB_ABORT;
	/* A return address may be the first byte of the next function. */
	p->frame[p->frames++] = exact ? pc : pc - 1;
	return DWARF_CB_OK;
}

static enum module_kind kind_of(const struct place *p, uint64_t address)
{
	const struct module *object = modules_find(p->m, address);

	return object ? object->kind : MODULE_OTHER;
}

/* The kernel copies whole pieces only, so there is one for each page. */
static void stack_copy(struct place *p, uint64_t sp)
{
	struct iovec local = {p->stack, STACK_COPY}, remote[STACK_COPY / PAGE];
	uint64_t at = sp, next;
	ssize_t n;

	for (size_t i = 0; i < STACK_COPY / PAGE; i++, at = next) {
		next = (at / PAGE + 1) * PAGE;
		remote[i].iov_base = (void *)at;
		remote[i].iov_len = next - at;
	}
	n = process_vm_readv(p->m->view, &local, 1, remote, STACK_COPY / PAGE, 0);
	p->stack_at = sp;
	p->stack_size = n > 0 ? (size_t)n : 0;
}

/* Does a handler return to this frame, and by it to the one that it has
 * interrupted? Return addresses are given one less. */
static bool is_handler(const struct place *p, size_t i)
{
	return i + 1 < p->frames && p->frame[i] - (p->home - 1) < 2;
}

/* The stack pointer where a handler has interrupted this address; 0: not found. */
static uint64_t interrupted_sp(const struct place *p, uint64_t address)
{
	struct signal_frame f;

	for (size_t at = 0; at + sizeof(f) <= p->stack_size; at += 8) {
		if (memcmp(p->stack + at, &p->home, sizeof(p->home)) != 0)
			continue;
		memcpy(&f, p->stack + at, sizeof(f));
		if (f.machine.rip == address)
			return f.machine.rsp;
	}
	return 0;
}

/* Was a wait interrupted here? The kernel sets the program counter behind the
 * `syscall` instruction, or, with SA_RESTART, before it. */
static bool is_wait(const struct place *p, uint64_t address)
{
	static const uint8_t call[] = {0x0f, 0x05};
	uint8_t code[4];
	uint64_t at;
	long number;

	if (!proc_memory_read(p->m->view, address - 2, code, sizeof(code)))
		return false;
	if (memcmp(code, call, 2) == 0)
		at = address - 2;
	else if (memcmp(code + 2, call, 2) == 0)
		at = address;
	else
		return false;
	number = remote_number(p->m->view, at, interrupted_sp(p, address));
	/* Blocked signals were let in by a function that holds no lock. */
	if (number == SYS_rt_sigprocmask)
		return address - p->sigmask < WAITS_SIGMASK;
	/* The arguments are gone: no futex(2). */
	return number >= 0 && number != SYS_futex && place_waits(number, 0);
}

static const char *frames_refusal(const struct place *p, bool waits)
{
	size_t i = 0, end = p->frames;

	for (i = 0; i < p->frames; i++) {
		enum module_kind kind = kind_of(p, p->frame[i]);

		if (kind == MODULE_LOADER)
			return "is in the dynamic loader";
		if (kind == MODULE_MALLOC)
			return "is in malloc";
	}
	/* The first thread: _start, which has called libc, which called main. */
	if (p->frame[end - 1] - p->m->entry < START_SIZE)
		end--;
	while (end > 0 && kind_of(p, p->frame[end - 1]) == MODULE_LIBC)
		end--;
	if (kind_of(p, p->frame[0]) == MODULE_LIBC && !waits)
		return "is inside libc";
	if (p->m->own_malloc && !waits)
		return "runs in a program with a malloc of its own";
	for (i = 0; i < end && kind_of(p, p->frame[i]) == MODULE_LIBC &&
		    !is_handler(p, i);)
		i++;
	for (; i < end; i++) {
		if (kind_of(p, p->frame[i]) != MODULE_LIBC)
			continue;
		if (!is_handler(p, i))
			return "is in a function that libc has called";
		if (kind_of(p, p->frame[++i]) != MODULE_LIBC)
			continue;
		if (!is_wait(p, p->frame[i]))
			return "is in a handler that has interrupted libc";
		while (i + 1 < end && kind_of(p, p->frame[i + 1]) == MODULE_LIBC)
			i++;
	}
	return NULL;
}

/* A coroutine's function returns to __start_context, whose unwind information
 * does not say that the stack ends there: `mov %rbx, %rsp` (glibc's
 * sysdeps/unix/sysv/linux/x86_64/__start_context.S). */
static bool ends_in_context(struct place *p)
{
	static const uint8_t start[] = {0x48, 0x89, 0xdc};
	uint8_t code[sizeof(start)];

	for (size_t n = p->frames; n > 0 && n + 2 > p->frames; n--) {
		uint64_t at = p->frame[n - 1] + 1;

		if (kind_of(p, at) == MODULE_LIBC &&
		    proc_memory_read(p->m->view, at, code, sizeof(code)) &&
		    memcmp(code, start, sizeof(code)) == 0) {
			p->frames = n;
			return true;
		}
	}
	return false;
}

/* The system call that the thread is in; -1: none. At the start of a handler the
 * kernel leaves the number of the call that this has interrupted. */
static long number_now(const struct place *p, const struct user_regs_struct *regs)
{
	uint8_t code[2];

	if ((long)regs->orig_rax < 0 ||
	    !proc_memory_read(p->m->view, regs->rip - 2, code, sizeof(code)) ||
	    code[0] != 0x0f || code[1] != 0x05)
		return -1;
	return (long)regs->orig_rax;
}

/* One that was made by clone(2) may have none of libc's data, or another thread's.
 * The first one keeps them over a fork by a system call, which changes its id. */
static bool is_libcs_own(const struct place *p, const struct remote *r)
{
	uint64_t at = r->saved.fs_base, self;
	uint32_t tid;

	if (!proc_memory_read(p->m->view, at + TCB_SELF, &self, sizeof(self)) ||
	    self != at)
		return false;
	return !p->tid_at || r->tid == r->pid ||
	       (proc_memory_read(p->m->view, at + p->tid_at, &tid, sizeof(tid)) &&
		(pid_t)tid == r->inner_tid);
}

const char *place_refusal(struct place *place, const struct remote *r)
{
	const struct user_regs_struct *regs = &r->saved;
	long number = number_now(place, regs);
	bool waits = number >= 0 && place_waits(number, regs->rsi);

	if (number >= 0 && !waits)
		return "is in a system call that a lock may be held over";
	if (!waits && kind_of(place, regs->rip) != MODULE_OTHER)
		return "is inside libc";
	if (!is_libcs_own(place, r))
		return "was not made by libc";
	place->regs = regs;
	place->frames = 0;
	stack_copy(place, regs->rsp);
	if ((dw.dwfl_getthread_frames(place->dwfl, r->tid, frame_take, place) != 0 &&
	     !ends_in_context(place)) || place->frames == 0)
		return "has a stack that cannot be unwound to its end";
	return frames_refusal(place, waits);
}

/*
 * unwind.c - libunwind's remote interface over our own, parked threads.
 *
 * Called by:  scan.c on a hit, control.c for backtraces.
 * Runs on:    agent thread, the thread that is looked at parked.
 * Locks:      none in unwind_walk(): libunwind's local interface would call
 *             dl_iterate_phdr and wait for a loader lock that a parked thread
 *             holds. Here all that it asks for comes from the snapshot of
 *             objects taken before the stop.
 * Signal:     unsafe: heap in unwind_load().
 *
 * Every read is checked against the memory map as of the stop, so that damaged
 * stacks and objects that were unloaded end a walk, not the process.
 */
#define UNW_REMOTE_ONLY
#include "unwind.h"

#include <dlfcn.h>
#include <errno.h>
#include <libunwind.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fork.h"
#include "gate.h"
#include "got.h"
#include "object.h"
#include "proc.h"
#include "table.h"

#define FRAMES_MAX 20000 /* about 20 ms; a deeper stack counts as unreadable */

static struct {
	void *library;
	unw_addr_space_t space;
	unw_addr_space_t (*create)(unw_accessors_t *, int);
	int (*init)(unw_cursor_t *, unw_addr_space_t, void *);
	int (*step)(unw_cursor_t *);
	int (*get_reg)(unw_cursor_t *, unw_regnum_t, unw_word_t *);
	int (*is_signal)(unw_cursor_t *);
	int (*caching)(unw_addr_space_t, unw_caching_policy_t);
	void (*flush)(unw_addr_space_t, unw_word_t, unw_word_t);
	int (*search)(unw_addr_space_t, unw_word_t, unw_dyn_info_t *,
		      unw_proc_info_t *, int, void *);
} lib;

/* Where the process cannot see libunwind's files: what opus-send has passed. */
#define GIVEN_MAX 8
static int given[GIVEN_MAX];
static int given_count;

static uintptr_t start_context; /* what makecontext() puts at a stack's end */
static struct map_list unwind_maps;
static bool unwind_between; /* a saved program counter is nowhere exactly */
static bool unwind_found; /* the last frame asked for had unwind information */

bool unwind_readable(uintptr_t address, uintptr_t size)
{
	const struct map_entry *e = map_find(&unwind_maps, address);

	return e && e->readable && size <= e->end - address;
}

uintptr_t unwind_map_end(uintptr_t address)
{
	const struct map_entry *e = map_find(&unwind_maps, address);

	return e && e->readable ? e->end : 0;
}

uintptr_t unwind_main_stack(void)
{
	for (uint32_t i = 0; i < unwind_maps.count; i++)
		if (unwind_maps.list[i].stack)
			return unwind_maps.list[i].end;
	return 0;
}

/* The object's unwind table, if the object is still the one of the snapshot. */
static const uint8_t *table_of(const struct object *o)
{
	const uint8_t *t = (const uint8_t *)o->unwind_table;

	if (!t || !unwind_readable((uintptr_t)t, sizeof(o->unwind_start)) ||
	    memcmp(t, o->unwind_start, sizeof(o->unwind_start)) != 0)
		return NULL;
	/* version 1, count as udata4, table as datarel sdata4: what every
	 * linker writes (LSB 5.0, "DWARF Extensions", .eh_frame_hdr). */
	return t[0] == 1 && t[2] == 3 && t[3] == 0x3b ? t : NULL;
}

static int find_info(unw_addr_space_t space, unw_word_t ip,
		     unw_proc_info_t *info, int need, void *arg)
{
	const struct object *o = object_by_address(ip);
	const uint8_t *table = o ? table_of(o) : NULL;
	unw_dyn_info_t d;
	uint32_t count;
	int rc;

	unwind_found = false;
	if (!table)
		return -UNW_ENOINFO;
	memcpy(&count, table + 8, 4);
	memset(&d, 0, sizeof(d));
	d.format = UNW_INFO_FORMAT_REMOTE_TABLE;
	d.start_ip = o->low;
	d.end_ip = o->high;
	d.u.rti.segbase = (unw_word_t)table;
	d.u.rti.table_data = (unw_word_t)table + 12;
	d.u.rti.table_len = (unw_word_t)count * 8 / sizeof(unw_word_t);
	rc = lib.search(space, ip, &d, info, need, arg);
	unwind_found = rc >= 0;
	return rc;
}

static void put_info(unw_addr_space_t space, unw_proc_info_t *info, void *arg)
{
	(void)space, (void)info, (void)arg;
}

static int no_list(unw_addr_space_t space, unw_word_t *ret, void *arg)
{
	(void)space, (void)ret, (void)arg;
	return -UNW_ENOINFO;
}

/* What would be here without hooks and trampolines. */
static unw_word_t value_true(unw_word_t value)
{
	int hook = gate_hook_find(value);

	unwind_between |= table_between(value);
	return hook >= 0 ? gate_returns[hook].address : table_original(value);
}

static int access_memory(unw_addr_space_t space, unw_word_t at, unw_word_t *value,
			 int write, void *arg)
{
	(void)space, (void)arg;
	if (write || !unwind_readable(at, sizeof(*value)))
		return -UNW_EINVAL;
	memcpy(value, (const void *)at, sizeof(*value));
	*value = value_true(*value);
	return 0;
}

static int access_register(unw_addr_space_t space, unw_regnum_t reg,
			   unw_word_t *value, int write, void *arg)
{
	/* libunwind numbers registers as DWARF does (psABI, figure 3.36). */
	static const int map[17] = {
		REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI,
		REG_RBP, REG_RSP, REG_R8,  REG_R9,  REG_R10, REG_R11,
		REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP,
	};
	const ucontext_t *context = arg;

	(void)space;
	if (write || reg < 0 || reg > 16)
		return -UNW_EBADREG;
	*value = (unw_word_t)context->uc_mcontext.gregs[map[reg]];
	if (reg == 16)
		*value = value_true(*value);
	return 0;
}

static int access_float(unw_addr_space_t space, unw_regnum_t reg,
			unw_fpreg_t *value, int write, void *arg)
{
	(void)space, (void)reg, (void)value, (void)write, (void)arg;
	return -UNW_EBADREG;
}

static int no_resume(unw_addr_space_t space, unw_cursor_t *cursor, void *arg)
{
	(void)space, (void)cursor, (void)arg;
	return -UNW_EINVAL;
}

static int no_name(unw_addr_space_t space, unw_word_t at, char *name, size_t size,
		   unw_word_t *offset, void *arg)
{
	(void)space, (void)at, (void)name, (void)size, (void)offset, (void)arg;
	return -UNW_ENOINFO;
}

static bool symbols_resolve(void)
{
#define RESOLVE(field, name) \
	((*(void **)&lib.field = dlsym(lib.library, "_Ux86_64_" name)) != NULL)
	return RESOLVE(create, "create_addr_space") &&
	       RESOLVE(init, "init_remote") && RESOLVE(step, "step") &&
	       RESOLVE(get_reg, "get_reg") &&
	       RESOLVE(is_signal, "is_signal_frame") &&
	       RESOLVE(caching, "set_caching_policy") &&
	       RESOLVE(flush, "flush_cache") &&
	       RESOLVE(search, "dwarf_search_unwind_table");
#undef RESOLVE
}

static void context_unused(void)
{
}

/* The function of a coroutine returns to __start_context, whose unwind
 * information does not say that the stack ends there, and which is no public
 * symbol: take its address from a context that is never run. */
static void start_context_find(void)
{
	static char stack[4096];
	static ucontext_t c;

	if (getcontext(&c) != 0)
		return;
	c.uc_stack.ss_sp = stack;
	c.uc_stack.ss_size = sizeof(stack);
	c.uc_link = NULL;
	makecontext(&c, context_unused, 0);
	start_context = *(uintptr_t *)c.uc_mcontext.gregs[REG_RSP];
}

/* The loader knows an object again by its DT_SONAME, however it was opened: so
 * each finds the ones before it. */
static void *given_open(void)
{
	struct opus_error ignored;
	char path[96];
	size_t length;
	void *last = NULL;

	if (given_count == 0 || proc_enter(path, sizeof(path), &ignored) != OPUS_OK)
		return NULL;
	length = strlen(path);
	for (int i = 0; i < given_count && (last || i == 0); i++) {
		snprintf(path + length, sizeof(path) - length, "/fd/%d", given[i]);
		last = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	}
	proc_leave();
	return last;
}

static int unwind_call_none(void)
{
	errno = ENOSYS;
	return -1;
}

/*
 * When it is first used libunwind finds out how to tell whether memory may be
 * read, which it does not do for us: by a pipe, that stays open, and by
 * mincore(2), for which the filters of many services kill (systemd's
 * @system-service). It must not get so far.
 */
static bool probes_stop(void)
{
	return got_redirect((void *)lib.create, "mincore", (void *)unwind_call_none) &&
	       got_redirect((void *)lib.create, "pipe2", (void *)unwind_call_none);
}

bool unwind_loaded(void)
{
	return lib.space != NULL;
}

void unwind_give(int fd)
{
	if (fd >= 0 && given_count < GIVEN_MAX)
		given[given_count++] = fd;
	else if (fd >= 0)
		close(fd);
}

void unwind_forget(void)
{
	while (given_count > 0)
		close(given[--given_count]);
}

enum opus_code unwind_load(struct opus_error *err)
{
	/* 1.8 has three functions more than 1.6, and copies them, too. */
	static struct {
		unw_accessors_t known;
		void (*more[8])(void);
	} accessors = {{
		find_info, put_info, no_list, access_memory, access_register,
		access_float, no_resume, no_name,
	}, {NULL}};
	bool resolved;

	if (lib.space)
		return OPUS_OK;
	fork_hold();
	if (!lib.library)
		lib.library = dlopen("libunwind-x86_64.so.8",
				     RTLD_NOW | RTLD_LOCAL);
	if (!lib.library)
		lib.library = given_open();
	unwind_forget();
	resolved = lib.library && symbols_resolve() && probes_stop();
	fork_let();
	if (!resolved)
		return error_set(err, OPUS_RESOURCE,
				 "libunwind-x86_64.so.8 cannot be loaded: stacks can only be scanned, not unwound");
	lib.space = lib.create(&accessors.known, 0);
	if (!lib.space)
		return error_set(err, OPUS_RESOURCE, "libunwind has no memory");
	lib.caching(lib.space, UNW_CACHE_GLOBAL);
	start_context_find();
	return OPUS_OK;
}

enum opus_code unwind_prepare(struct opus_error *err)
{
	uint32_t lines = unwind_maps.capacity ? unwind_maps.capacity : 1024;

	/* Room for twice what is mapped now. */
	for (;; lines *= 2) {
		enum opus_code code = map_reserve(&unwind_maps, lines, err);

		if (code != OPUS_OK)
			return code;
		if (map_read(&unwind_maps) && unwind_maps.count * 2 < lines)
			break;
		if (unwind_maps.error || lines > 1u << 21)
			return map_unread(&unwind_maps, err);
	}
	/* What it remembers may belong to objects that are gone. */
	if (lib.space)
		lib.flush(lib.space, 0, 0);
	return OPUS_OK;
}

bool unwind_begin(void)
{
	return map_read(&unwind_maps);
}

/* Is this where a signal handler returns to? Its caller was not called, but
 * interrupted, and its program counter is exact. */
static bool is_sigreturn(uintptr_t address)
{
	/* mov $__NR_rt_sigreturn, %rax; syscall: glibc's __restore_rt, and
	 * what every debugger looks for. */
	static const uint8_t code[] = {0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05};

	return unwind_readable(address, sizeof(code)) &&
	       memcmp((const void *)address, code, sizeof(code)) == 0;
}

bool unwind_walk(ucontext_t *context, unwind_visit *visit, void *data)
{
	struct unwind_frame frame = {.exact = true};
	unw_cursor_t cursor;
	unw_word_t ip, sp;

	unwind_between = false;
	if (!lib.space || lib.init(&cursor, lib.space, context) < 0)
		return false;
	for (int n = 0; n < FRAMES_MAX; n++) {
		int rc;

		if (lib.get_reg(&cursor, UNW_REG_IP, &ip) < 0 ||
		    lib.get_reg(&cursor, UNW_REG_SP, &sp) < 0)
			return false;
		if (ip == 0) /* the return address is undefined: the end */
			return n > 0;
		if (ip == start_context && !frame.exact)
			return true;
		frame.address = ip;
		frame.sp = sp;
		if (!visit(&frame, data))
			return false;
		unwind_found = true; /* a cached frame is not asked for again */
		rc = lib.step(&cursor);
		if (!unwind_found || unwind_between || rc < 0)
			return false;
		if (rc == 0)
			return true;
		/* On x86-64 libunwind 1.6 says it of the frame that was
		 * interrupted, others of the frame before. */
		frame.exact = is_sigreturn(ip) || lib.is_signal(&cursor) > 0;
	}
	return false;
}

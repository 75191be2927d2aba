/*
 * symbolize.c - names for the addresses of a backtrace.
 *
 * Called by:  verb_why.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * libdw does the work (libdwfl: modules from /proc/PID/maps, symbol tables,
 * debug files by build-id and .gnu_debuglink); without it a backtrace has module
 * and offset.
 */
#include "symbolize.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "dw.h"

/* The process whose modules are looked for; libdwfl's callbacks have no room
 * for a context of ours. */
static pid_t symbolize_view;

bool symbolize_is_old(const struct wire_thread *t, const char *name,
		      uint64_t start)
{
	size_t len = strlen(t->name);

	if (t->function && start == t->function)
		return true;
	return len && strncmp(name, t->name, len) == 0 && name[len] == '.';
}

/* The file as the process sees it, which may live in another root. */
static int find_elf(Dwfl_Module *mod, void **userdata, const char *name,
		    Dwarf_Addr base, char **file_name, Elf **elf)
{
	char path[4200];
	int fd = -1;

	if (name[0] == '/' && !strstr(name, " (deleted)")) {
		snprintf(path, sizeof(path), "/proc/%d/root%s", symbolize_view,
			 name);
		fd = proc_regular_open(path);
		/* libdwfl would open the same name, whatever it is by now. */
		if (fd < 0 && errno == EINVAL)
			return -1;
	}
	if (fd >= 0) {
		/* libdwfl looks for debug files beside this name. */
		*file_name = strdup(name);
		return fd;
	}
	return dw.dwfl_linux_proc_find_elf(mod, userdata, name, base, file_name,
					   elf);
}

static void frame_source(Dwfl_Module *mod, Dwarf_Addr at,
			 struct report_frame *ret)
{
	Dwfl_Line *line = dw.dwfl_module_getsrc(mod, at);
	const char *file;

	file = line ? dw.dwfl_lineinfo(line, NULL, &ret->line, NULL, NULL, NULL)
		    : NULL;
	if (file)
		ret->file = strdup(file);
}

/* `ret->module` and `ret->offset` are known; find what there is besides. */
static void frame_symbol(Dwfl *dwfl, const struct wire_thread *t, bool innermost,
			 struct report_frame *ret)
{
	/* A return address may lie behind the end of its function. */
	Dwarf_Addr at = innermost ? ret->address : ret->address - 1;
	Dwfl_Module *mod = dw.dwfl_addrmodule(dwfl, at);
	GElf_Off offset = 0;
	GElf_Sym sym;
	const char *name;

	if (!mod)
		return;
	name = dw.dwfl_module_addrinfo(mod, at, &offset, &sym, NULL, NULL, NULL);
	if (name) {
		ret->old = symbolize_is_old(t, name, at - offset);
		/* "NAME@VERSION" comes from .dynsym. */
		ret->symbol = strndup(name, strcspn(name, "@"));
		ret->offset = offset + (ret->address - at);
	}
	frame_source(mod, at, ret);
}

/* Module and offset, from a text of /proc/PID/maps. */
static void frame_module(const char *maps, struct report_frame *ret)
{
	CLEANUP(cleanup_free) char *text = maps ? strdup(maps) : NULL;
	char *cursor = text;
	struct proc_map map;

	while (cursor && proc_maps_next(&cursor, &map)) {
		if (ret->address < map.start || ret->address >= map.end)
			continue;
		ret->offset = ret->address - map.start + map.offset;
		if (*map.path)
			ret->module = strdup(proc_basename(map.path));
		return;
	}
}

static void thread_symbolize(Dwfl *dwfl, const char *maps,
			     struct report_thread *t)
{
	t->frames = calloc(t->thread.frames ? t->thread.frames : 1,
			   sizeof(*t->frames));
	for (uint32_t i = 0; t->frames && i < t->thread.frames; i++) {
		t->frames[i].address = t->thread.frame[i];
		frame_module(maps, &t->frames[i]);
		if (dwfl)
			frame_symbol(dwfl, &t->thread, i == 0, &t->frames[i]);
	}
}

void symbolize_report(struct report *r)
{
	static char *debug_path; /* NULL: libdwfl's default */
	static const Dwfl_Callbacks template = {.debuginfo_path = &debug_path};
	Dwfl_Callbacks callbacks = template;
	CLEANUP(cleanup_free) char *maps = NULL;
	Dwfl *dwfl = NULL;

	if (r->thread_count == 0)
		return;
	symbolize_view = r->t->view;
	maps = proc_maps_read(r->t->view);
	if (dw_open()) {
		callbacks.find_elf = find_elf;
		callbacks.find_debuginfo = dw.dwfl_standard_find_debuginfo;
		dwfl = dw.dwfl_begin(&callbacks);
	}
	if (dwfl) {
		dw.dwfl_report_begin(dwfl);
		(void)!dw.dwfl_linux_proc_report(dwfl, r->t->view);
		dw.dwfl_report_end(dwfl, NULL, NULL);
	}
	for (size_t i = 0; i < r->thread_count; i++)
		thread_symbolize(dwfl, maps, &r->threads[i]);
	if (dwfl)
		dw.dwfl_end(dwfl);
}

/*
 * dw.h - libdw, loaded when it is wanted.
 *
 * Included by: symbolize.c, place.c, store_path.c.
 * Runs on:     command.
 * Locks:       the loader's.
 * Signal:      unsafe: loader.
 *
 * Most commands do without it, and it and its five libraries cost each a quarter
 * of a millisecond and more: so the tools are not linked with it.
 */
#ifndef OPUS_DW_H
#define OPUS_DW_H

#include <elfutils/libdwelf.h>
#include <elfutils/libdwfl.h>
#include <libelf.h>
#include <stdbool.h>

/* The functions of libdw and libelf that are used: F(name). */
#define DW_FUNCTIONS(F)                                                        \
	F(elf_version)                                                         \
	F(elf_begin)                                                           \
	F(elf_end)                                                             \
	F(dwelf_elf_gnu_build_id)                                              \
	F(dwfl_begin)                                                          \
	F(dwfl_end)                                                            \
	F(dwfl_errmsg)                                                         \
	F(dwfl_report_begin)                                                   \
	F(dwfl_report_elf)                                                     \
	F(dwfl_report_end)                                                     \
	F(dwfl_linux_proc_report)                                              \
	F(dwfl_linux_proc_find_elf)                                            \
	F(dwfl_standard_find_debuginfo)                                        \
	F(dwfl_offline_section_address)                                        \
	F(dwfl_addrmodule)                                                     \
	F(dwfl_module_addrinfo)                                                \
	F(dwfl_module_getsrc)                                                  \
	F(dwfl_module_eh_cfi)                                                  \
	F(dwfl_lineinfo)                                                       \
	F(dwfl_attach_state)                                                   \
	F(dwfl_getthread_frames)                                               \
	F(dwfl_frame_pc)                                                       \
	F(dwfl_thread_state_registers)

struct dw {
#define F(name) __typeof__(&name) name;
	DW_FUNCTIONS(F)
#undef F
};

/* Valid after dw_open() was true. */
extern struct dw dw;

/* Load it, once. False if it is not there or too old; then nothing of `dw` may
 * be used. */
bool dw_open(void) __attribute__((warn_unused_result));

#endif

/*
 * image.c - read the agent's file and cut off what is not loaded.
 *
 * Called by:  inject.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include "image.h"

#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "inject.h"

#define PAGE 4096u
#define IMAGE_MAX (64u << 20)

/* MINSIGSTKSZ of the kernel's headers. glibc's asks sysconf(3) now, but programs
 * were built with this one. */
#define USUAL_LEAST 2048u

#define HEAD 4096u /* holds the header and the program headers */

static size_t image_end(const uint8_t *head, size_t size)
{
	Elf64_Ehdr e;
	Elf64_Phdr p;
	size_t end = 0;

	if (size < sizeof(e))
		return 0;
	memcpy(&e, head, sizeof(e));
	if (memcmp(e.e_ident, ELFMAG, SELFMAG) != 0 || e.e_type != ET_DYN ||
	    e.e_machine != EM_X86_64 || e.e_phentsize != sizeof(p))
		return 0;
	for (size_t i = 0; i < e.e_phnum; i++) {
		size_t at = e.e_phoff + i * sizeof(p);

		if (at > size - sizeof(p))
			return 0;
		memcpy(&p, head + at, sizeof(p));
		if (p.p_type == PT_LOAD && p.p_offset + p.p_filesz > end)
			end = p.p_offset + p.p_filesz;
	}
	return end <= IMAGE_MAX ? end : 0;
}

/* No sections: most of them are not loaded, and would not be there. */
static void image_cut(struct image *image)
{
	Elf64_Ehdr e;

	memcpy(&e, image->bytes, sizeof(e));
	e.e_shoff = 0;
	e.e_shnum = e.e_shstrndx = 0;
	memcpy(image->bytes, &e, sizeof(e));
}

enum opus_code image_init(struct image *image, const char *path,
			  struct opus_error *err)
{
	CLEANUP(cleanup_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint8_t head[HEAD];
	ssize_t got = fd < 0 ? -1 : pread(fd, head, sizeof(head), 0);
	size_t end;

	if (got < 0)
		return error_set_errno(err, OPUS_USAGE,
			"the agent (%s) cannot be read; --agent FILE tells where "
			"it is", path);
	end = image_end(head, (size_t)got);
	image->size = (end + PAGE - 1) / PAGE * PAGE;
	image->bytes = end ? calloc(1, image->size) : NULL;
	if (end && !image->bytes)
		return error_set(err, OPUS_RESOURCE, "no memory");
	if (!end || pread(fd, image->bytes, end, 0) != (ssize_t)end)
		return error_set(err, OPUS_USAGE, "%s is no agent", path);
	image_cut(image);
	image->joined = memmem(image->bytes, end, JOINED_MAGIC, sizeof(JOINED_MAGIC));
	return OPUS_OK;
}

void image_join(struct image *image, const struct user_regs_struct *regs)
{
	struct joined_call *c = image->joined ? image->joined->call : NULL;

	/* What has been stopped before shows no other number any more. */
	if ((long)regs->orig_rax < 0 || regs->orig_rax == SYS_restart_syscall)
		return;
	for (int i = 0; c && i < JOINED_CALLS; i++, c++)
		if (!c->sp || c->sp == regs->rsp) {
			*c = (struct joined_call){regs->rsp, regs->rip, regs->rdi,
						  regs->rsi, (long)regs->orig_rax};
			return;
		}
}

/* With AVX-512 a signal on it ends the process: the agent must know before its first. */
enum opus_code image_join_stack(struct image *image, struct remote *r,
				struct opus_error *err)
{
	const uint64_t args[6] = {0, r->words};
	enum opus_code code;
	uint64_t result;
	stack_t stack;

	/* A filter was not asked about this one. */
	if (!image->joined || r->filtered || getauxval(AT_MINSIGSTKSZ) <= USUAL_LEAST)
		return OPUS_OK;
	code = remote_call(r, SYS_sigaltstack, args, &result, err);
	if (code == OPUS_OK && result == 0 &&
	    proc_memory_read(r->tid, r->words, &stack, sizeof(stack)))
		image->joined->altstack_size = stack.ss_size;
	return code;
}

/* Beside this program, as built; else where `make install` puts it. */
const char *inject_agent_path(void)
{
	static const char *const places[] = {"", "../lib/opus-livepatch/"};
	static char path[4300];
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	self[n > 0 ? n : 0] = '\0';
	slash = strrchr(self, '/');
	if (slash)
		slash[1] = '\0';
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, sizeof(path), "%s%slibopus-agent.so", self,
			 places[i]);
		if (access(path, R_OK) == 0)
			break;
	}
	return path;
}

void image_deinit(struct image *image)
{
	free(image->bytes);
	image->bytes = NULL;
}

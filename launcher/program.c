/*
 * program.c - would the loader load an agent into this program?
 *
 * Called by:  run_main.c, unit_check.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * LD_PRELOAD fails open: whatever cannot be preloaded is left out with a line
 * on standard error, or without one. So it is found out before.
 */
#include "program.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "common/cleanup.h"

#define SCRIPT_DEPTH 5 /* as the kernel, execve(2) */

/* --- find --- */

static int runnable(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return -1;
	if (!S_ISREG(st.st_mode)) {
		errno = EACCES;
		return -1;
	}
	return access(path, X_OK);
}

enum opus_code program_find(const char *name, struct program *ret,
			    struct opus_error *err)
{
	const char *folders = getenv("PATH");
	bool forbidden = false;
	size_t size;

	memset(ret, 0, sizeof(*ret));
	if (strchr(name, '/')) {
		snprintf(ret->path, sizeof(ret->path), "%s", name);
		if (runnable(name) == 0)
			return OPUS_OK;
		return error_set_errno(err, OPUS_NO_TARGET, "%.300s", name);
	}
	for (folders = folders ? folders : "/bin:/usr/bin"; *name; folders += size + 1) {
		size = strcspn(folders, ":");
		snprintf(ret->path, sizeof(ret->path), "%.*s%s%s", (int)size,
			 folders, size ? "/" : "", name);
		if (runnable(ret->path) == 0)
			return OPUS_OK;
		forbidden |= errno == EACCES;
		if (!folders[size])
			break;
	}
	errno = forbidden ? EACCES : ENOENT;
	return error_set_errno(err, OPUS_NO_TARGET, "%.300s", name);
}

/* --- rights --- */

/* The loader takes no preload from a caller with fewer rights (ld.so(8),
 * "secure-execution mode"). The superuser gains none by set-uid root. */
static enum opus_code rights_check(const struct program *p, uid_t uid, gid_t gid,
				   struct opus_error *err)
{
	struct stat st;
	char value[64];

	if (getauxval(AT_SECURE))
		return error_set(err, OPUS_NO_AGENT,
			"opus-run itself was started with more rights than its caller");
	if (stat(p->binary, &st) != 0)
		return error_set_errno(err, OPUS_UNREADABLE, "%.300s", p->binary);
	if ((st.st_mode & S_ISUID) && st.st_uid != uid)
		return error_set(err, OPUS_NO_AGENT,
			"%.300s is set-user-id: the loader ignores LD_PRELOAD; start it as its owner (uid %d)",
			p->binary, (int)st.st_uid);
	if ((st.st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) &&
	    st.st_gid != gid)
		return error_set(err, OPUS_NO_AGENT,
			"%.300s is set-group-id: the loader ignores LD_PRELOAD; start it with its group (gid %d)",
			p->binary, (int)st.st_gid);
	if (uid != 0 &&
	    getxattr(p->binary, "security.capability", value, sizeof(value)) > 0)
		return error_set(err, OPUS_NO_AGENT,
			"%.300s has file capabilities: the loader ignores LD_PRELOAD; give the capability to the service instead (AmbientCapabilities=)",
			p->binary);
	return OPUS_OK;
}

/* --- the file --- */

/* "#!INTERPRETER [ARGUMENT]"; false if it is no script. */
static bool script_next(const char *head, char ret[PATH_MAX])
{
	const char *start;

	if (head[0] != '#' || head[1] != '!')
		return false;
	start = head + 2 + strspn(head + 2, " \t");
	snprintf(ret, PATH_MAX, "%.*s", (int)strcspn(start, " \t\n"), start);
	return true;
}

static const char *machine_name(unsigned int machine)
{
	switch (machine) {
	case EM_386: return "32-bit x86";
	case EM_AARCH64: return "ARM64";
	case EM_ARM: return "ARM";
	case EM_RISCV: return "RISC-V";
	default: return "another architecture";
	}
}

static enum opus_code kind_check(const char *path, const Elf64_Ehdr *e,
				 struct opus_error *err)
{
	if (memcmp(e->e_ident, ELFMAG, SELFMAG) != 0)
		return error_set(err, OPUS_NO_AGENT,
			"%.300s is neither an ELF file nor a script with #!", path);
	/* e_machine lies at the same place in both classes. */
	if (e->e_machine != EM_X86_64)
		return error_set(err, OPUS_NO_AGENT, "%.300s is for %s", path,
				 machine_name(e->e_machine));
	if (e->e_ident[EI_CLASS] != ELFCLASS64)
		return error_set(err, OPUS_NO_AGENT,
				 "%.300s is for x32, a 32-bit ABI", path);
	return OPUS_OK;
}

/* The path in PT_INTERP; "" if there is none. */
static void loader_read(int fd, const Elf64_Ehdr *e, char ret[PATH_MAX])
{
	ret[0] = '\0';
	for (int i = 0; i < e->e_phnum; i++) {
		Elf64_Phdr p;
		ssize_t n;

		if (pread(fd, &p, sizeof(p), (off_t)(e->e_phoff +
			  (uint64_t)i * e->e_phentsize)) != sizeof(p))
			return;
		if (p.p_type != PT_INTERP || p.p_filesz >= PATH_MAX)
			continue;
		n = pread(fd, ret, p.p_filesz, (off_t)p.p_offset);
		ret[n > 0 ? n : 0] = '\0';
		return;
	}
}

static enum opus_code loader_check(const struct program *p, struct opus_error *err)
{
	const char *name = strrchr(p->loader, '/');

	name = name ? name + 1 : p->loader;
	if (!*name)
		return error_set(err, OPUS_NO_AGENT,
			"%.300s is linked statically: there is no loader that could load the agent",
			p->binary);
	if (strncmp(name, "ld-musl", 7) == 0)
		return error_set(err, OPUS_NO_AGENT,
			"%.300s uses musl libc, the agent needs glibc", p->binary);
	if (strncmp(name, "ld-linux-x86-64", 15) != 0)
		return error_set(err, OPUS_NO_AGENT,
			"%.200s has the loader %.200s, which is not glibc's",
			p->binary, p->loader);
	return OPUS_OK;
}

enum opus_code program_check(struct program *p, uid_t uid, gid_t gid,
			     struct opus_error *err)
{
	enum opus_code code;

	memcpy(p->binary, p->path, sizeof(p->binary));
	for (int depth = 0;; depth++) {
		int fd CLEANUP(cleanup_close) = open(p->binary, O_RDONLY | O_CLOEXEC);
		union { Elf64_Ehdr elf; char text[256]; } head;
		ssize_t n;

		memset(&head, 0, sizeof(head));
		n = fd < 0 ? -1 : pread(fd, &head, sizeof(head) - 1, 0);
		if (n < 0)
			return error_set_errno(err, OPUS_UNREADABLE,
					       "cannot read %.300s", p->binary);
		if (depth < SCRIPT_DEPTH && script_next(head.text, p->binary))
			continue;
		code = kind_check(p->binary, &head.elf, err);
		if (code != OPUS_OK)
			return code;
		loader_read(fd, &head.elf, p->loader);
		break;
	}
	code = loader_check(p, err);
	return code == OPUS_OK ? rights_check(p, uid, gid, err) : code;
}

/* --- the agent --- */

enum opus_code program_check_agent(const char *path, struct opus_error *err)
{
	int fd CLEANUP(cleanup_close) = open(path, O_RDONLY | O_CLOEXEC);
	Elf64_Ehdr e;
	void *page;

	if (fd < 0)
		return error_set_errno(err, OPUS_NO_AGENT,
				       "the agent cannot be read: %.300s", path);
	if (strpbrk(path, ": \t\n"))
		return error_set(err, OPUS_NO_AGENT,
			"LD_PRELOAD cannot name a path with a colon or a space: %.300s",
			path);
	if (pread(fd, &e, sizeof(e), 0) != sizeof(e) || e.e_type != ET_DYN ||
	    kind_check(path, &e, NULL) != OPUS_OK)
		return error_set(err, OPUS_NO_AGENT,
			"%.300s is not a shared object for x86-64", path);
	/* Fails where the file system is mounted noexec. */
	page = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	if (page == MAP_FAILED)
		return error_set_errno(err, OPUS_NO_AGENT,
			"the agent cannot be mapped to be run (noexec?): %.300s", path);
	munmap(page, 4096);
	return OPUS_OK;
}

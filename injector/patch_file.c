/*
 * patch_file.c - open and check a patch file.
 *
 * Called by:  run.c, verb_inspect.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * The agent checks the file again, from its own copy: this check is here so
 * that no process is disturbed for a file that cannot be applied.
 */
#include "patch_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATCH_FILE_MAX (512u << 20)

static const char *kind_name(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR: return "a directory";
	case S_IFIFO: return "a FIFO";
	case S_IFCHR: return "a character device";
	case S_IFBLK: return "a block device";
	case S_IFSOCK: return "a socket";
	default: return "something else";
	}
}

static enum opus_code content_read(struct patch_file *f, struct opus_error *err)
{
	size_t done = 0;
	ssize_t n = 1;

	/* Rounded up: plan_open() wants 8-byte alignment, which malloc gives,
	 * and an empty file wants some memory, too. */
	f->content = malloc(f->size + 1);
	if (!f->content)
		return error_set(err, OPUS_RESOURCE, "no memory for %.300s",
				 f->path);
	while (done < f->size && n > 0) {
		n = pread(f->fd, (char *)f->content + done, f->size - done,
			  (off_t)done);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n < 0)
			return error_set_errno(err, OPUS_UNREADABLE,
					       "cannot read %.300s", f->path);
		else
			done += (size_t)n;
	}
	f->size = done;
	return OPUS_OK;
}

enum opus_code patch_file_init(struct patch_file *f, const char *path,
			       struct opus_error *err)
{
	struct opus_error reason;
	enum opus_code code;
	struct stat st;

	memset(f, 0, sizeof(*f));
	f->path = path;
	/* O_NONBLOCK: a FIFO must not make us wait for a writer. */
	f->fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (f->fd < 0 || fstat(f->fd, &st) != 0)
		return error_set_errno(err, OPUS_UNREADABLE,
				       "cannot open %.300s", path);
	if (!S_ISREG(st.st_mode))
		return error_set(err, OPUS_UNREADABLE,
				 "%.300s is %s, not a patch file", path,
				 kind_name(st.st_mode));
	if (st.st_size > PATCH_FILE_MAX)
		return error_set(err, OPUS_INVALID,
				 "%.300s: %lld bytes are too many for a patch",
				 path, (long long)st.st_size);
	f->size = (size_t)st.st_size;
	code = content_read(f, err);
	if (code != OPUS_OK)
		return code;
	code = plan_open(f->content, f->size, &f->plan, &reason);
	if (code != OPUS_OK)
		return error_set(err, code, "%.200s: %.250s", path, reason.text);
	return OPUS_OK;
}

void patch_file_deinit(struct patch_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	free(f->content);
	memset(f, 0, sizeof(*f));
	f->fd = -1;
}

static bool plan_has_arg(const struct plan *p, const char *name, size_t len)
{
	for (uint32_t i = 0; i < p->arg_count; i++) {
		const char *known = plan_string(p, p->arg_records[i].name);

		if (strncmp(known, name, len) == 0 && known[len] == '\0')
			return true;
	}
	return false;
}

enum opus_code patch_file_check_args(const struct patch_file *f,
				     const struct options *o,
				     struct opus_error *err)
{
	const char *arg = o->args;

	for (; arg < o->args + o->args_size; arg += strlen(arg) + 1) {
		size_t len = strcspn(arg, "=");

		if (!plan_has_arg(&f->plan, arg, len))
			return error_set(err, OPUS_USAGE,
				"--arg %.*s: no hook of the patch has such an "
				"argument (see `opus-send inspect`)",
				len > 128 ? 128 : (int)len, arg);
	}
	return OPUS_OK;
}

/*
 * descriptor.c - descriptors in a table that belongs to the host.
 *
 * Called by:  control.c, serve.c, text.c, patch.c, table.c.
 * Runs on:    agent thread; the child of fork().
 * Locks:      none.
 * Signal:     safe while threads are stopped: system calls only.
 *
 * The host does not know of the agent's descriptors. It may close them all, and
 * the next file that it opens then has the number of one of them: what the agent
 * wrote there would be in the host's data. So what is kept is looked at before
 * each use. Sockets, memfds and files of /proc have inode numbers of their own;
 * eventfds, for instance, share one.
 */
#include "descriptor.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int descriptor_high(int fd)
{
	int high;

	if (fd < 0 || fd > STDERR_FILENO)
		return fd;
	high = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	close(fd);
	return high;
}

void descriptor_keep(struct descriptor *d, int fd)
{
	struct stat st;

	d->device = d->inode = 0;
	d->fd = descriptor_high(fd);
	if (d->fd < 0 || fstat(d->fd, &st) != 0)
		return;
	d->device = st.st_dev;
	d->inode = st.st_ino;
}

bool descriptor_ours(const struct descriptor *d)
{
	struct stat st;

	return d->fd >= 0 && fstat(d->fd, &st) == 0 && st.st_dev == d->device &&
	       st.st_ino == d->inode;
}

void descriptor_close(struct descriptor *d)
{
	if (descriptor_ours(d))
		close(d->fd);
	d->fd = -1;
}

/*
 * contact_place.c - where the agent of a process finds a socket of ours.
 *
 * Called by:  contact.c, run.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * The socket lies below the root folder of the target, which the target may
 * have filled with symbolic links and may change at any moment, while we may
 * be root. Therefore: folders are opened one component after the other without
 * following links (a link would be resolved in *our* root), the socket is made
 * inside the opened folder, and it is made with the file system ids of the
 * target (setfsuid(2)), so that it belongs to the target from its first moment
 * without a chown(2) that could be led to another file, and only where the
 * target's user could have made a file itself. The agent checks on its side
 * that it is root or the target's own user who listens.
 *
 * None of this is needed for a name in the abstract namespace (unix(7)), which
 * is therefore tried first where the target is in our own network namespace,
 * and last where it is in another, in which an empty root without any folder is
 * reached by entering it for a moment. Everybody in the namespace can connect
 * to such a name and could fill its queue; then the folders are next.
 */
#include "contact_place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/wire.h"
#include "contact.h"

#define CONTACT_STALE_S 5

static const char *const folders[] = WIRE_FOLDERS;

_Static_assert(sizeof(folders) / sizeof(folders[0]) == WIRE_FOLDER_COUNT,
	       "one number per folder");

bool contact_name_matches(const char *name)
{
	return strncmp(name, "opus-", 5) == 0 && strlen(name) == 17 &&
	       strspn(name + 5, "0123456789abcdef") == 12;
}

/* Act as the target's user in the file system; `false` is back to ourselves. */
void contact_as_target(const struct target *t, bool yes)
{
	if (geteuid() != 0 || t->status.euid == 0)
		return;
	if (yes) {
		setfsgid(t->status.egid);
		setfsuid(t->status.euid);
	} else {
		setfsuid(geteuid());
		setfsgid(getegid());
	}
}

/* Open a folder below the target's root without following any link. */
int contact_folder_open(const struct target *t, unsigned int number)
{
	const char *folder = folders[number];
	char path[64], part[32];
	int dir, next;

	snprintf(path, sizeof(path), "/proc/%d/root", t->view);
	dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	while (dir >= 0 && *folder) {
		size_t len = strcspn(++folder, "/");

		snprintf(part, sizeof(part), "%.*s", (int)len, folder);
		folder += len;
		next = openat(dir, part,
			      O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		close(dir);
		dir = next;
	}
	return dir;
}

static int socket_make(void)
{
	return socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static bool is_namespace_ours(const struct target *t, const char *kind)
{
	char there_path[64], here_path[64];
	struct stat there, here;

	snprintf(there_path, sizeof(there_path), "/proc/%d/ns/%s", t->view, kind);
	snprintf(here_path, sizeof(here_path), "/proc/self/ns/%s", kind);
	return stat(there_path, &there) == 0 && stat(here_path, &here) == 0 &&
	       there.st_ino == here.st_ino && there.st_dev == here.st_dev;
}

/*
 * The agent looks at whom the kernel noted at listen(2), SO_PEERCRED of unix(7).
 * In a container with users of its own we, as root, are nobody: there it is the
 * target's user who listens. By system call, since libc would change all threads.
 */
static int listen_seen(const struct target *t, int fd)
{
	bool as_target = geteuid() == 0 && t->status.euid != 0 &&
			 !is_namespace_ours(t, "user");
	int result, why;

	if (as_target && syscall(SYS_setresuid, -1, t->status.euid, -1) != 0)
		return -1;
	result = listen(fd, 8);
	why = errno;
	if (as_target && syscall(SYS_setresuid, -1, 0, -1) != 0)
		return -1;
	errno = why;
	return result;
}

/* bind(2) below an open folder; its path for us is /proc/self/fd/N/NAME. */
int contact_bind(const struct target *t, int dir, const char *name)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	mode_t mask;
	int fd, result;

	fd = socket_make();
	if (fd < 0)
		return -1;
	snprintf(a.sun_path, sizeof(a.sun_path), "/proc/self/fd/%d/%s", dir,
		 name);
	mask = umask(0177);
	contact_as_target(t, true);
	result = bind(fd, (struct sockaddr *)&a, sizeof(a));
	contact_as_target(t, false);
	umask(mask);
	if (result == 0 && listen_seen(t, fd) == 0)
		return fd;
	if (result == 0)
		unlinkat(dir, name, 0);
	result = errno;
	close(fd);
	errno = result;
	return -1;
}

bool contact_network_is_ours(const struct target *t)
{
	return is_namespace_ours(t, "net");
}

static bool network_enter(const char *ns)
{
	CLEANUP(cleanup_close) int fd = open(ns, O_RDONLY | O_CLOEXEC);

	return fd >= 0 && setns(fd, CLONE_NEWNET) == 0;
}

/* A socket stays in the network namespace that it was made in. */
static int socket_make_there(const struct target *t)
{
	int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), fd = -1;
	char ns[64], back[64];

	if (own < 0)
		return -1;
	snprintf(ns, sizeof(ns), "/proc/%d/ns/net", t->view);
	snprintf(back, sizeof(back), "/proc/self/fd/%d", own);
	if (network_enter(ns)) {
		fd = socket_make();
		if (!network_enter(back))
			fd = (close(fd), -1);
	}
	close(own);
	return fd;
}

int contact_bind_abstract(const struct target *t, bool same_network,
			  const char *name)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
				     strlen(name));
	CLEANUP(cleanup_close) int fd = same_network ? socket_make()
							     : socket_make_there(t);

	memcpy(a.sun_path + 1, name, strlen(name));
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, size) != 0 ||
	    listen_seen(t, fd) != 0)
		return -1;
	return fd_steal(&fd);
}

/* Does nobody listen on this socket? */
static bool is_deaf(int dir, const char *name)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	CLEANUP(cleanup_close) int fd = socket_make();

	snprintf(a.sun_path, sizeof(a.sun_path), "/proc/self/fd/%d/%.20s", dir,
		 name);
	return fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0 &&
	       errno == ECONNREFUSED;
}

static void sweep_folder(const struct target *t, unsigned int number)
{
	CLEANUP(cleanup_close) int path_fd = contact_folder_open(t, number);
	int fd = path_fd < 0 ? -1 : openat(path_fd, ".", O_RDONLY | O_DIRECTORY |
							      O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;
	struct stat st;

	if (!dir && fd >= 0)
		close(fd);
	contact_as_target(t, true);
	while (dir && (e = readdir(dir)) != NULL) {
		if (!contact_name_matches(e->d_name) ||
		    fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
		    !S_ISSOCK(st.st_mode) ||
		    (st.st_uid != geteuid() && st.st_uid != t->status.euid) ||
		    time(NULL) - st.st_ctime < CONTACT_STALE_S)
			continue;
		if (is_deaf(fd, e->d_name))
			unlinkat(fd, e->d_name, 0);
	}
	contact_as_target(t, false);
	if (dir)
		closedir(dir);
}

void contact_sweep(const struct target *t)
{
	for (unsigned int i = 0; i < WIRE_ABSTRACT; i++)
		sweep_folder(t, i);
}

/* Where a process looks for files: its mount namespace and its root. */
struct place {
	ino_t namespace, root;
	dev_t device;
};

static bool place_find(pid_t view, struct place *ret)
{
	char path[64];
	struct stat st;

	memset(ret, 0, sizeof(*ret));
	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", view);
	if (stat(path, &st) != 0)
		return false;
	ret->namespace = st.st_ino;
	snprintf(path, sizeof(path), "/proc/%d/root", view);
	if (stat(path, &st) != 0)
		return false;
	ret->root = st.st_ino;
	ret->device = st.st_dev;
	return true;
}

/* Most contacts leave no file behind even if their sender is killed, and most
 * processes share one place, which need be swept once. */
void contact_sweep_all(const struct target_list *list)
{
	struct place last = {0}, now;

	for (size_t i = 0; i < list->count; i++) {
		const struct target *t = &list->targets[i];

		if (!t->used_folder || !place_find(t->view, &now) ||
		    memcmp(&now, &last, sizeof(now)) == 0)
			continue;
		contact_sweep(t);
		last = now;
	}
}

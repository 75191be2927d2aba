/*
 * hang FOLDER PROGRAM: mount a FUSE file system of two files, and serve it.
 *
 *   program   what PROGRAM is, until a line "hang" comes; nothing after that
 *   library   open and map it; to read from it takes for ever; libopus-agent.so is it, too
 *
 * It ends with its input, and in any case after half a minute: the kernel then gives
 * an error to all who wait.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define LIBRARY_SIZE 65536

enum node { ROOT = 1, PROGRAM, LIBRARY };

static int device;
static const char *program;
static size_t program_size;
static int hung;

static void answer(uint64_t unique, int error, const void *data, size_t size)
{
	struct fuse_out_header h = {sizeof(h) + size, error, unique};
	struct iovec v[2] = {{&h, sizeof(h)}, {(void *)data, size}};

	(void)!writev(device, v, 2);
}

static struct fuse_attr attributes(uint64_t node)
{
	return (struct fuse_attr){
		.ino = node, .mode = node == ROOT ? S_IFDIR | 0755 : S_IFREG | 0755,
		.nlink = 1, .blksize = 4096,
		.size = node == PROGRAM ? program_size
			: node == LIBRARY ? LIBRARY_SIZE : 0};
}

static void look_up(uint64_t unique, const char *name)
{
	uint64_t node = strcmp(name, "program") == 0 ? PROGRAM
			: strcmp(name, "library") == 0 ||
			  strcmp(name, "libopus-agent.so") == 0 ? LIBRARY : 0;
	struct fuse_entry_out o = {.nodeid = node, .attr = attributes(node)};

	answer(unique, node ? 0 : -ENOENT, &o, node ? sizeof(o) : 0);
}

static void read_file(const struct fuse_in_header *in, const struct fuse_read_in *r)
{
	size_t size = r->size;

	if (in->nodeid == LIBRARY)
		return;
	if (r->offset >= program_size)
		size = 0;
	else if (size > program_size - r->offset)
		size = program_size - r->offset;
	answer(in->unique, 0, program + r->offset, size);
}

static void request_take(const struct fuse_in_header *in)
{
	const void *more = in + 1;
	struct fuse_init_out init = {.major = 7, .minor = 31, .max_write = 65536,
				     .max_readahead = 65536, .time_gran = 1};
	struct fuse_attr_out attr = {.attr = attributes(in->nodeid)};
	struct fuse_open_out open_out = {.fh = in->nodeid};

	if (hung)
		return;
	switch (in->opcode) {
	case FUSE_INIT: answer(in->unique, 0, &init, sizeof(init)); break;
	case FUSE_LOOKUP: look_up(in->unique, more); break;
	case FUSE_GETATTR: answer(in->unique, 0, &attr, sizeof(attr)); break;
	case FUSE_OPEN: answer(in->unique, 0, &open_out, sizeof(open_out)); break;
	case FUSE_READ: read_file(in, more); break;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT: break;
	case FUSE_FLUSH:
	case FUSE_RELEASE: answer(in->unique, 0, NULL, 0); break;
	default: answer(in->unique, -ENOSYS, NULL, 0);
	}
}

static void serve(void)
{
	static char buffer[1 << 18], line[64];
	struct pollfd p[2] = {{.fd = device, .events = POLLIN},
			      {.fd = STDIN_FILENO, .events = POLLIN}};

	for (;;) {
		poll(p, 2, -1);
		if (p[1].revents) {
			if (read(STDIN_FILENO, line, sizeof(line)) <= 0)
				return;
			hung = 1;
			puts("hung");
			fflush(stdout);
		}
		if (p[0].revents && read(device, buffer, sizeof(buffer)) > 0)
			request_take((void *)buffer);
		else if (p[0].revents & POLLERR)
			return;
	}
}

int main(int argc, char **argv)
{
	char options[64];
	struct stat st;
	int file = argc == 3 ? open(argv[2], O_RDONLY | O_CLOEXEC) : -1;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	alarm(30);
	device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (file < 0 || fstat(file, &st) != 0)
		return 1;
	program_size = (size_t)st.st_size;
	program = mmap(NULL, program_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0",
		 device);
	if (device < 0 || mount("hang", argv[1], "fuse", MS_NODEV, options) != 0) {
		puts("no FUSE");
		return 77;
	}
	puts("serves");
	fflush(stdout);
	serve();
	return 0;
}

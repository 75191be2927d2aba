#include <sys/socket.h>
#include <unistd.h>

#include <opus-livepatch/patch.h>

OPUS_PATCH("accept", "answers two instead of one");

int serve_one(int fd)
{
	int client = accept(fd, 0, 0);

	if (client < 0)
		return -1;
	if (write(client, "two\n", 4) != 4)
		return -1;
	close(client);
	return 2;
}
OPUS_REPLACE(serve_one);

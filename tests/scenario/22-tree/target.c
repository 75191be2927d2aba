/*
 * A server whose sessions are programs of their own, which it starts without its
 * environment, as Dovecot does.
 *
 *   session MS  -> id of the process that becomes another program after so long
 *   end         -> "ended": it has
 */
#include <signal.h>
#include <sys/wait.h>

#include "target.h"

int main(void)
{
	char *const words[] = {"sleep", "60", NULL}, *const none[] = {NULL};
	char line[64];
	pid_t session = 0;

	while (next(line, sizeof(line))) {
		if (!strncmp(line, "session ", 8)) {
			session = fork();
			if (session == 0) {
				usleep(1000u * (unsigned)atoi(line + 8));
				execve("/bin/sleep", words, none);
				_exit(1);
			}
			say("%d", session);
		} else if (!strcmp(line, "end")) {
			kill(session, SIGKILL);
			waitpid(session, NULL, 0);
			say("ended");
		}
	}
	return 0;
}

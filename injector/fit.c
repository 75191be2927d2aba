/*
 * fit.c - can the agent work with this libc, and this way to run?
 *
 * Called by:  inject.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include "fit.h"

#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/waits.h"
#include "jail.h"
#include "proc.h"

static enum opus_code functions_find(const struct modules *m,
				     struct playground *p, struct opus_error *err)
{
	static const char *const names[] = {"pthread_create", "pthread_self",
					    "pthread_detach", "dlopen",
					    "dlerror", "munmap"};
	uint64_t *const places[] = {&p->create, &p->self, &p->detach,
				    &p->dlopen, &p->dlerror, &p->munmap};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		*places[i] = module_symbol(m, m->libc, names[i]);
		if (!*places[i])
			return error_set(err, OPUS_NO_AGENT,
				"its libc (%s) has no %s: it is older than glibc "
				"2.34, which is the first that the agent can join",
				m->libc->path, names[i]);
	}
	return OPUS_OK;
}

static enum opus_code waits_check(const struct modules *m, struct opus_error *err)
{
	uint64_t at = module_symbol(m, m->libc, "poll");
	struct waits waits;

	if (!at || !waits_find(at, proc_waits_read, &m->view, &waits))
		return error_set(err, OPUS_NO_AGENT, WAITS_UNKNOWN);
	if (waits.plain && jail_is(m->view)) /* see proc_enter() of the agent */
		return error_set(err, OPUS_NO_AGENT, WAITS_NO_PROC);
	return OPUS_OK;
}

/* remote.c could enter it; but the agent changes return addresses. */
static enum opus_code shadow_check(pid_t view, struct opus_error *err)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/status", view);
	CLEANUP(cleanup_free) char *text = proc_file_read(path, NULL);
	const char *line = text ? strstr(text, "x86_Thread_features:") : NULL;

	if (!line || !memmem(line, strcspn(line, "\n"), "shstk", 5))
		return OPUS_OK;
	return error_set(err, OPUS_NO_AGENT,
		"it runs with a shadow stack, with which the agent cannot wait "
		"for threads inside old functions; start it without "
		"(GLIBC_TUNABLES=glibc.cpu.x86_shstk=off)");
}

enum opus_code fit_check(const struct modules *m, struct playground *ret,
			 struct opus_error *err)
{
	enum opus_code code = functions_find(m, ret, err);

	if (code == OPUS_OK)
		code = waits_check(m, err);
	return code == OPUS_OK ? shadow_check(m->view, err) : code;
}

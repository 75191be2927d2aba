/*
 * unit_check.c - what the hardening of a service means for patching it.
 *
 * Called by:  unit_main.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * Most settings are no matter, and saying so is half of the use: an operator
 * wants to know that he need not take any hardening back. The others are told
 * with what to do.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/store.h"
#include "program.h"
#include "unit.h"

enum finding { FINE, NOTE, PROBLEM };

struct check {
	const struct unit *u;
	const char *root, *agent;
	bool problem;
};

static void tell(struct check *c, enum finding what, const char *setting,
		 const char *format, ...) __attribute__((format(printf, 4, 5)));
static void tell(struct check *c, enum finding what, const char *setting,
		 const char *format, ...)
{
	static const char *const words[] = {"fine", "note", "PROBLEM"};
	va_list args;

	c->problem |= what == PROBLEM;
	printf("  %-7s  %s: ", words[what], setting);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
}

/* --- settings that are no matter, if they are on --- */

static const struct {
	const char *key, *text;
} harmless[] = {
	{"MemoryDenyWriteExecute", "code is changed through /proc/self/mem; nothing becomes writable and executable"},
	{"NoNewPrivileges", "a preload needs no privileges"},
	{"PrivateTmp", "the socket to opus-send is made in the service's own folders"},
	{"PrivateDevices", "no device is needed"},
	{"PrivateNetwork", "a socket of the file system is used, none of the network"},
	{"PrivateUsers", "root stays root in it, so the store is trusted"},
	{"LockPersonality", "the personality is not changed"},
	{"RestrictNamespaces", "no namespace is made"},
	{"RestrictRealtime", "no priority is changed"},
	{"RestrictSUIDSGID", "no file is made"},
	{"ProtectKernelTunables", "a process may still write to its own memory in /proc"},
	{"ProtectKernelModules", "no module is needed"},
	{"ProtectKernelLogs", "the kernel's log is not read"},
	{"ProtectControlGroups", "control groups are not changed"},
	{"ProtectClock", "the clock is not set"},
	{"ProtectHostname", "the name is not set"},
	{"DynamicUser", "root patches it; the user's number need not last"},
};

static void harmless_check(struct check *c)
{
	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		if (unit_on(c->u, harmless[i].key))
			tell(c, FINE, harmless[i].key, "%s", harmless[i].text);
	if (unit_value(c->u, "ProtectProc") || unit_value(c->u, "ProcSubset"))
		tell(c, FINE, "ProtectProc", "a process always sees itself in /proc, and more is not needed");
}

/* --- system calls and sockets --- */

static bool words_have(const struct unit *u, const char *key, const char *wanted)
{
	struct unit_words at = {0};
	const char *word;

	while ((word = unit_word(u, key, &at)) != NULL)
		if (strcmp(word, wanted) == 0)
			return true;
	return false;
}

/* A set that a deny list takes away and that the agent needs. */
static const char *denied_needed(const struct unit *u)
{
	static const char *const needed[] = {
		"@system-service", "@default", "@basic-io", "@file-system", "@io-event",
		"@signal", "@process", "@network-io", "@ipc", "memfd_create", "mmap",
		"membarrier", "rt_tgsigqueueinfo", "rt_sigaction", "clone", "clone3",
		"futex", "openat", "pwrite64", "getdents64",
	};
	bool deny = false;

	for (size_t i = 0; i < u->count; i++) {
		const struct unit_line *l = &u->lines[i];

		if (strcmp(l->key, "SystemCallFilter") != 0)
			continue;
		deny = l->value[0] == '~';
		for (size_t k = 0; deny && k < sizeof(needed) / sizeof(needed[0]); k++) {
			const char *at = strstr(l->value, needed[k]);
			size_t size = strlen(needed[k]);

			if (at && strchr(" ~", at[-1]) && strchr(" :", at[size]))
				return needed[k];
		}
	}
	return NULL;
}

static void filter_check(struct check *c)
{
	const char *first = NULL, *denied = denied_needed(c->u);
	struct unit_words at = {0};

	first = unit_word(c->u, "SystemCallFilter", &at);
	if (!first)
		return;
	if (denied)
		tell(c, PROBLEM, "SystemCallFilter", "takes %s away, which the agent needs", denied);
	else if (first[0] != '~' && !words_have(c->u, "SystemCallFilter", "@system-service"))
		tell(c, PROBLEM, "SystemCallFilter", "may not allow what the agent needs (memfd_create, membarrier, mmap, pwrite64, clone3, rt_tgsigqueueinfo ...); @system-service does");
	else
		tell(c, FINE, "SystemCallFilter", "allows what the agent needs");
}

/* systemd makes seccomp filters of all these. */
static void seccomp_check(struct check *c)
{
	static const char *const switches[] = {
		"MemoryDenyWriteExecute", "LockPersonality", "RestrictNamespaces",
		"RestrictRealtime", "RestrictSUIDSGID", "ProtectKernelTunables",
		"ProtectKernelModules", "ProtectKernelLogs", "ProtectClock",
		"ProtectHostname", "PrivateDevices",
	};
	bool filter = unit_value(c->u, "SystemCallFilter") ||
		      unit_value(c->u, "SystemCallArchitectures") ||
		      unit_value(c->u, "RestrictAddressFamilies");

	for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++)
		filter |= unit_on(c->u, switches[i]);
	if (filter)
		tell(c, NOTE, "seccomp", "some of these are filters: opus-send asks them first and refuses, saying which call, where they could do harm; the store needs nothing");
}

static void socket_check(struct check *c)
{
	const char *value = unit_value(c->u, "RestrictAddressFamilies");
	bool deny = value && value[0] == '~';
	bool has = words_have(c->u, "RestrictAddressFamilies", "AF_UNIX") ||
		   words_have(c->u, "RestrictAddressFamilies", "~AF_UNIX");

	if (!value)
		return;
	if (strcmp(value, "none") != 0 && has != deny)
		tell(c, FINE, "RestrictAddressFamilies", "AF_UNIX is allowed");
	else
		tell(c, PROBLEM, "RestrictAddressFamilies", "forbids AF_UNIX: opus-send cannot reach the agent; the store works");
}

/* --- files --- */

static bool is_below(const char *path, const char *folder)
{
	size_t size = strlen(folder);

	while (size > 1 && folder[size - 1] == '/')
		size--;
	return strncmp(path, folder, size) == 0 &&
	       (size == 1 || path[size] == '/' || !path[size]);
}

/* The longest entry of the list that the path lies below. */
static size_t list_covers(const struct unit *u, const char *key, const char *path)
{
	struct unit_words at = {0};
	const char *word;
	size_t best = 0;

	while ((word = unit_word(u, key, &at)) != NULL) {
		const char *folder = word + strspn(word, "-+");
		size_t size = strcspn(folder, ":");

		((char *)folder)[size] = '\0';
		if (is_below(path, folder) && size > best)
			best = size;
	}
	return best;
}

static void hidden_check(struct check *c)
{
	static const char *const keys[] = {"InaccessiblePaths", "TemporaryFileSystem"};

	for (size_t i = 0; i < 2; i++) {
		if (list_covers(c->u, keys[i], c->agent))
			tell(c, PROBLEM, keys[i], "hides the agent, %s", c->agent);
		if (list_covers(c->u, keys[i], STORE_FOLDER))
			tell(c, PROBLEM, keys[i], "hides the store, %s", STORE_FOLDER);
		if (list_covers(c->u, keys[i], "/proc/self/mem"))
			tell(c, PROBLEM, keys[i], "hides /proc, by which threads are found");
	}
}

static void root_check(struct check *c)
{
	const char *key = unit_value(c->u, "RootImage") ? "RootImage" : "RootDirectory";
	const char *value = unit_value(c->u, key);
	char path[2 * PATH_MAX];

	if (!value)
		return;
	snprintf(path, sizeof(path), "%s%s%s", c->root, value, c->agent);
	if (access(path, R_OK) == 0)
		tell(c, NOTE, key, "the agent is in it; the store is looked for in it, too");
	else
		tell(c, PROBLEM, key, "the agent has to be in it: BindReadOnlyPaths=%s %s",
		     c->agent, STORE_FOLDER);
}

static void exec_check(struct check *c)
{
	size_t no = list_covers(c->u, "NoExecPaths", c->agent);
	size_t yes = list_covers(c->u, "ExecPaths", c->agent);

	if (no == 0)
		return;
	if (yes >= no)
		tell(c, FINE, "NoExecPaths", "ExecPaths allows the agent; a patch comes as a memory file");
	else
		tell(c, PROBLEM, "NoExecPaths", "the agent must be allowed: ExecPaths=%s", c->agent);
}

static void writable_check(struct check *c)
{
	const char *system = unit_value(c->u, "ProtectSystem");

	if (!system || strcmp(system, "strict") != 0)
		return;
	if (list_covers(c->u, "ReadWritePaths", STORE_FOLDER "/" STORE_STARTS))
		tell(c, FINE, "ProtectSystem", "starts can be noted, so a patch that kills the service is found out");
	else
		tell(c, NOTE, "ProtectSystem", "starts cannot be noted, so a patch that kills the service is not set aside; `opus-run unit enable` allows it");
}

/* --- the program --- */

static void start_check(struct check *c)
{
	const char *start = unit_value(c->u, "ExecStart");
	char path[2 * PATH_MAX], word[PATH_MAX];
	struct program p;
	struct opus_error err = {0};

	if (!start)
		return;
	start += strspn(start, "@-:+!");
	snprintf(word, sizeof(word), "%.*s", (int)strcspn(start, " \t"), start);
	snprintf(path, sizeof(path), "%s%s", c->root, word);
	memset(&p, 0, sizeof(p));
	snprintf(p.path, sizeof(p.path), "%.*s", PATH_MAX - 1, path);
	if (access(path, F_OK) != 0)
		tell(c, NOTE, "ExecStart", "%s is not installed here and was not looked at", word);
	else if (program_check(&p, &err) != OPUS_OK)
		tell(c, PROBLEM, "ExecStart", "%s", err.text);
	else
		tell(c, FINE, "ExecStart", "%s takes a preload", word);
}

static void rest_check(struct check *c)
{
	struct unit_words at = {0};
	const char *word;
	bool there = false;

	while ((word = unit_word(c->u, "Environment", &at)) != NULL)
		there |= strncmp(word, "LD_PRELOAD=", 11) == 0 &&
			 strstr(word, "libopus-agent.so");
	if (words_have(c->u, "UnsetEnvironment", "LD_PRELOAD"))
		tell(c, PROBLEM, "UnsetEnvironment", "takes LD_PRELOAD away");
	if (unit_value(c->u, "SELinuxContext") || unit_value(c->u, "AppArmorProfile"))
		tell(c, NOTE, "SELinuxContext, AppArmorProfile", "the loader takes no preload if the change of domain cleans the environment; `opus-send scan` tells");
	tell(c, there ? FINE : NOTE, "Environment", there
	     ? "the service gets the agent" : "the service does not get the agent: `opus-run unit enable` does that");
}

enum opus_code unit_check(const struct unit *u, const char *root,
			  const char *agent)
{
	struct check c = {.u = u, .root = root, .agent = agent};

	printf("%s (%s)\n", u->name, u->path);
	start_check(&c);
	harmless_check(&c);
	filter_check(&c);
	seccomp_check(&c);
	socket_check(&c);
	hidden_check(&c);
	root_check(&c);
	exec_check(&c);
	writable_check(&c);
	rest_check(&c);
	return c.problem ? OPUS_NO_AGENT : OPUS_OK;
}

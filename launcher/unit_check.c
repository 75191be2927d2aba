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
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/start.h"
#include "common/store.h"
#include "program.h"
#include "unit.h"

#define ABSTRACTION "abstractions/opus-livepatch" /* packaging/apparmor */

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
	{"ProtectHome", "nothing there is needed"},
};

static void harmless_check(struct check *c)
{
	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		if (unit_on(c->u, harmless[i].key))
			tell(c, FINE, harmless[i].key, "%s", harmless[i].text);
	if (unit_value(c->u, "ProtectProc") || unit_value(c->u, "ProcSubset"))
		tell(c, FINE, "ProtectProc", "a process always sees itself in /proc, and more is not needed");
	if (unit_value(c->u, "AmbientCapabilities"))
		tell(c, FINE, "AmbientCapabilities", "the loader takes a preload all the same");
}

static void limit_tell(void *data, const char *key, bool in_the_way,
		       const char *text)
{
	struct check *c = data;

	tell(c, in_the_way ? PROBLEM : NOTE, key, "%s: %s", unit_value(c->u, key), text);
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

/* systemd.exec(5), DynamicUser=: it implies both. */
static bool is_private_tmp(const struct unit *u)
{
	return unit_on(u, "PrivateTmp") || unit_on(u, "DynamicUser");
}

static bool is_strict(const struct unit *u)
{
	const char *system = unit_value(u, "ProtectSystem");

	return (system && strcmp(system, "strict") == 0) || unit_on(u, "DynamicUser");
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

/* An agent that was installed for one user, or not at all. */
static void private_check(struct check *c)
{
	static const char *const homes[] = {"/home", "/root", "/run/user"};
	static const char *const temporary[] = {"/tmp", "/var/tmp"};
	const char *home = unit_value(c->u, "ProtectHome");
	bool hides = home && (unit_on(c->u, "ProtectHome") || !strcmp(home, "tmpfs"));

	for (size_t i = 0; i < 3 && hides; i++)
		if (is_below(c->agent, homes[i]))
			tell(c, PROBLEM, "ProtectHome", "hides the agent, %s", c->agent);
	for (size_t i = 0; i < 2 && is_private_tmp(c->u); i++)
		if (is_below(c->agent, temporary[i]))
			tell(c, PROBLEM, "PrivateTmp", "hides the agent, %s", c->agent);
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
	if (!is_strict(c->u))
		return;
	if (list_covers(c->u, "ReadWritePaths", STORE_FOLDER "/" STORE_STARTS))
		tell(c, FINE, "ProtectSystem", "starts can be noted, so a patch that kills the service is found out");
	else
		tell(c, NOTE, "ProtectSystem", "starts cannot be noted, so a patch that kills the service is not set aside; `opus-run unit enable` allows it");
}

/* --- the program --- */

/* These start their service with an environment of their own. */
static const struct {
	const char *program, *text;
} cleaners[] = {
	{"dovecot", "dovecot gives its processes an environment of its own (import_environment)"},
	{"pg_ctlcluster", "pg_ctlcluster gives PostgreSQL an environment of its own (/etc/postgresql/VERSION/CLUSTER/environment)"},
};

static bool environment_has(const struct unit *u, const char *name,
			    const char *part)
{
	struct unit_words at = {0};
	const char *word;

	while ((word = unit_word(u, "Environment", &at)) != NULL)
		if (strncmp(word, name, strlen(name)) == 0 && strstr(word, part))
			return true;
	return false;
}

static void cleaner_check(struct check *c, const char *program)
{
	bool follows = environment_has(c->u, START_FOLLOW "=", "/");

	for (size_t i = 0; i < sizeof(cleaners) / sizeof(cleaners[0]); i++)
		if (strcmp(program, cleaners[i].program) != 0)
			continue;
		else if (follows)
			tell(c, FINE, "Environment", "%s, and the agent follows", cleaners[i].text);
		else
			tell(c, PROBLEM, "Environment", "%s, without the agent: `opus-run unit enable --follow %s`",
			     cleaners[i].text, c->u->name);
}

/* Who the service is; of a user that is made at its start, not root. */
static uid_t user_find(const struct unit *u, gid_t *ret_gid)
{
	const char *name = unit_value(u, "User");
	struct passwd *entry = name ? getpwnam(name) : NULL;
	uid_t none = name || unit_on(u, "DynamicUser") ? 65534 : 0;

	*ret_gid = entry ? entry->pw_gid : none;
	return entry ? entry->pw_uid : none;
}

static void program_tell(struct check *c, const char *word)
{
	const char *name = strrchr(word, '/');
	struct program p = {.path = ""};
	struct opus_error err = {0};
	gid_t gid;
	uid_t uid = user_find(c->u, &gid);

	name = name ? name + 1 : word;
	snprintf(p.path, sizeof(p.path), "%s%s", c->root, word);
	if (strcmp(name, "true") == 0)
		tell(c, PROBLEM, "ExecStart", "%s is no service: enable the units that start one, as postgresql@15-main for postgresql", word);
	else if (access(p.path, F_OK) != 0)
		tell(c, NOTE, "ExecStart", "%s is not installed here and was not looked at", word);
	else if (program_check(&p, uid, gid, &err) != OPUS_OK)
		tell(c, PROBLEM, "ExecStart", "%s", err.text);
	else if (strcmp(p.path, p.binary) != 0 || strcmp(name, "sh") == 0)
		tell(c, NOTE, "ExecStart", "%s is a script: what it starts gets the agent with its environment; `opus-send scan --unit %s` tells whether it did", word, c->u->name);
	else
		tell(c, FINE, "ExecStart", "%s takes a preload", word);
	cleaner_check(c, name);
}

/* --- mandatory access control --- */

/* Does a line of the file that is no comment hold `part`? */
static bool file_says(const char *path, const char *part)
{
	FILE *file = fopen(path, "re");
	bool found = false;
	char line[PATH_MAX];

	while (file && !found && fgets(line, sizeof(line), file)) {
		const char *start = line + strspn(line, " \t");

		/* "#include" is none, in AppArmor's language. */
		if (*start != '\n' && (*start != '#' || !strncmp(start, "#include", 8)))
			found = strstr(start, part) != NULL;
	}
	if (file)
		fclose(file);
	return found;
}

/* As the kernel lists profiles: by the program's path, or by its name. */
static bool is_enforced(const struct check *c, const char *word)
{
	char path[2 * PATH_MAX], line[PATH_MAX + 16];
	const char *name = strrchr(word, '/');

	snprintf(path, sizeof(path), "%s/sys/kernel/security/apparmor/profiles", c->root);
	snprintf(line, sizeof(line), "%s (enforce)", name ? name + 1 : word);
	return file_says(path, line);
}

/* A profile of AppArmor is named after the path. */
static void apparmor_check(struct check *c, const char *word)
{
	char path[2 * PATH_MAX], own[2 * PATH_MAX], name[PATH_MAX];
	bool enforced = is_enforced(c, word);

	snprintf(name, sizeof(name), "%s", word + strspn(word, "/"));
	for (char *s = name; *s; s++)
		*s = *s == '/' ? '.' : *s;
	snprintf(path, sizeof(path), "%s/etc/apparmor.d/%s", c->root, name);
	snprintf(own, sizeof(own), "%s/etc/apparmor.d/local/%s", c->root, name);
	if (!file_says(path, ""))
		return; /* MariaDB's is there, and empty */
	if (file_says(path, ABSTRACTION) || file_says(own, ABSTRACTION))
		tell(c, FINE, "AppArmor", "the profile lets the agent work");
	else
		tell(c, enforced ? PROBLEM : NOTE, "AppArmor", "%s %s: add `include <" ABSTRACTION ">` to %s and reload it, else neither the store nor opus-send reaches the agent",
		     path, enforced ? "is enforced" : "may be enforced", own);
}

static void selinux_check(struct check *c)
{
	char path[2 * PATH_MAX];

	snprintf(path, sizeof(path), "%s/sys/fs/selinux/enforce", c->root);
	if (access(path, F_OK) == 0 || unit_value(c->u, "SELinuxContext"))
		tell(c, NOTE, "SELinux", "the loader takes no preload where the service changes its domain and the policy does not allow it `noatsecure`; `opus-send scan --unit %s` tells",
		     c->u->name);
}

/* What is started: the program that a shell is told to become is the service. */
static void start_check(struct check *c)
{
	const char *start = unit_value(c->u, "ExecStart"), *become;
	char word[PATH_MAX];

	if (!start)
		return;
	start += strspn(start, "@-:+!|");
	become = strstr(start, "exec /");
	if (become && strncmp(start, "/bin/sh -c", 10) == 0)
		start = become + 5;
	snprintf(word, sizeof(word), "%.*s", (int)strcspn(start, " \t\"';"), start);
	program_tell(c, word);
	apparmor_check(c, word);
}

/* --- the environment --- */

/* Does the file set LD_PRELOAD, and not to the agent? */
static bool file_preloads(const char *path)
{
	FILE *file = fopen(path, "re");
	bool found = false;
	char line[PATH_MAX];

	while (file && fgets(line, sizeof(line), file))
		if (strncmp(line + strspn(line, " \t"), "LD_PRELOAD=", 11) == 0)
			found = !strstr(line, "libopus-agent.so");
	if (file)
		fclose(file);
	return found;
}

/* What such a file says of a variable counts more than Environment=. */
static void environment_file_check(struct check *c)
{
	struct unit_words at = {0};
	char path[2 * PATH_MAX];
	const char *word;

	while ((word = unit_word(c->u, "EnvironmentFile", &at)) != NULL) {
		snprintf(path, sizeof(path), "%s%s", c->root, word + (*word == '-'));
		if (file_preloads(path))
			tell(c, PROBLEM, "EnvironmentFile", "%s sets LD_PRELOAD, which takes the place of the drop-in's: add %s there",
			     path, c->agent);
	}
}

static void rest_check(struct check *c)
{
	bool there = environment_has(c->u, "LD_PRELOAD=", "libopus-agent.so");

	if (words_have(c->u, "UnsetEnvironment", "LD_PRELOAD"))
		tell(c, PROBLEM, "UnsetEnvironment", "takes LD_PRELOAD away");
	if (unit_value(c->u, "AppArmorProfile"))
		tell(c, NOTE, "AppArmorProfile", "has to include <" ABSTRACTION ">");
	tell(c, there ? FINE : NOTE, "Environment", there
	     ? "the service gets the agent" : "the service does not get the agent: `opus-run unit enable` does that");
}

enum opus_code unit_check(const struct unit *u, const char *root,
			  const char *agent)
{
	struct check c = {.u = u, .root = root, .agent = agent};

	printf("%s (%s)\n", u->name, u->path);
	start_check(&c);
	environment_file_check(&c);
	selinux_check(&c);
	harmless_check(&c);
	unit_limits(u, limit_tell, &c);
	filter_check(&c);
	seccomp_check(&c);
	socket_check(&c);
	hidden_check(&c);
	private_check(&c);
	root_check(&c);
	exec_check(&c);
	writable_check(&c);
	rest_check(&c);
	return c.problem ? OPUS_NO_AGENT : OPUS_OK;
}

/*
 * unit.c - read a unit and its drop-ins; write a drop-in of our own.
 *
 * Called by:  unit_main.c, unit_check.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * The files are read, and not asked for from systemd: this has to work for
 * images and where systemd does not run. A list setting adds up over lines and
 * files, and an empty assignment begins it anew; of the others the last counts.
 */
#include "unit.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/start.h"
#include "common/store.h"

/* In order of precedence, systemd.unit(5). */
static const char *const folders[] = {
	"/etc/systemd/system", "/run/systemd/system",
	"/usr/local/lib/systemd/system", "/usr/lib/systemd/system",
	"/lib/systemd/system",
};
#define FOLDERS (sizeof(folders) / sizeof(folders[0]))

static void cleanup_file(FILE **file)
{
	if (*file)
		fclose(*file);
}

/* --- read --- */

static bool line_add(struct unit *u, const char *text)
{
	const char *sign = strchr(text, '=');
	struct unit_line *more;
	size_t size;

	if (!sign)
		return true;
	more = realloc(u->lines, (u->count + 1) * sizeof(*more));
	if (!more)
		return false;
	u->lines = more;
	size = (size_t)(sign - text);
	while (size && isspace((unsigned char)text[size - 1]))
		size--;
	sign += 1 + strspn(sign + 1, " \t");
	more[u->count].key = strndup(text, size);
	more[u->count].value = strdup(sign);
	u->count++;
	return more[u->count - 1].key && more[u->count - 1].value;
}

/* Take the lines of [Service]; one that ends in a backslash goes on. */
static bool file_read(struct unit *u, const char *path)
{
	FILE *file CLEANUP(cleanup_file) = fopen(path, "re");
	char text[8192];
	size_t used = 0;
	bool service = false, good = true;

	while (file && good && used < sizeof(text) &&
	       fgets(text + used, (int)(sizeof(text) - used), file)) {
		char *line = text + used;
		size_t size = strcspn(line, "\n");

		line[size] = '\0';
		if (line[strspn(line, " \t")] == '#' || line[0] == ';') {
			line[0] = '\0'; /* also between continued lines */
			continue;
		}
		if (size && line[size - 1] == '\\') {
			line[size - 1] = ' ';
			used += size;
			continue;
		}
		used = 0;
		if (text[0] == '[')
			service = strncmp(text, "[Service]", 9) == 0;
		else if (service)
			good = line_add(u, text + strspn(text, " \t"));
	}
	return file && good;
}

static int is_conf(const struct dirent *d)
{
	return store_has_suffix(d->d_name, ".conf");
}

static bool drop_ins_read(struct unit *u, const char *folder, const char *name)
{
	struct dirent **list;
	char path[2 * PATH_MAX];
	bool good = true;
	int count;

	snprintf(path, sizeof(path), "%s/%s.d", folder, name);
	count = scandir(path, &list, is_conf, alphasort);
	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "%s/%s.d/%s", folder, name,
			 list[i]->d_name);
		good = file_read(u, path) && good;
		free(list[i]);
	}
	if (count >= 0)
		free(list);
	return good;
}

/* name@instance.service is made of name@.service. */
static bool template_of(const char *name, char *ret, size_t size)
{
	const char *at = strchr(name, '@');
	const char *dot = strrchr(name, '.');

	if (!at || !dot || dot == at + 1)
		return false;
	snprintf(ret, size, "%.*s%s", (int)(at - name + 1), name, dot);
	return true;
}

static bool unit_find(struct unit *u, const char *root, const char *name)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < FOLDERS; i++) {
		snprintf(path, sizeof(path), "%s%s/%s", root, folders[i], name);
		if (access(path, F_OK) == 0) {
			strcpy(u->path, path);
			return true;
		}
	}
	return false;
}

enum opus_code unit_init(struct unit *u, const char *root, const char *name,
			 struct opus_error *err)
{
	const char *file = strrchr(name, '/');
	char template[256] = "", folder[PATH_MAX];
	bool has_template;

	memset(u, 0, sizeof(*u));
	snprintf(u->name, sizeof(u->name), "%s%s", file ? file + 1 : name,
		 store_has_suffix(name, ".service") ? "" : ".service");
	has_template = template_of(u->name, template, sizeof(template));
	if (file)
		snprintf(u->path, sizeof(u->path), "%s", name);
	else if (!unit_find(u, root, u->name) &&
		 !(has_template && unit_find(u, root, template)))
		return error_set(err, OPUS_NO_TARGET,
				 "there is no unit %s in the folders of systemd",
				 u->name);
	if (!file_read(u, u->path))
		return error_set_errno(err, OPUS_UNREADABLE, "cannot read %.300s",
				       u->path);
	for (size_t i = FOLDERS; i-- > 0;) {
		snprintf(folder, sizeof(folder), "%s%s", root, folders[i]);
		if ((has_template && !drop_ins_read(u, folder, template)) ||
		    !drop_ins_read(u, folder, u->name))
			return error_set_errno(err, OPUS_UNREADABLE,
				"cannot read a drop-in of %s", u->name);
	}
	return OPUS_OK;
}

void unit_deinit(struct unit *u)
{
	for (size_t i = 0; i < u->count; i++) {
		free(u->lines[i].key);
		free(u->lines[i].value);
	}
	free(u->lines);
	memset(u, 0, sizeof(*u));
}

/* --- ask --- */

const char *unit_value(const struct unit *u, const char *key)
{
	for (size_t i = u->count; i-- > 0;)
		if (strcmp(u->lines[i].key, key) == 0)
			return u->lines[i].value[0] ? u->lines[i].value : NULL;
	return NULL;
}

bool unit_on(const struct unit *u, const char *key)
{
	static const char *const words[] = {"yes", "true", "on", "1", "y", "t"};
	const char *value = unit_value(u, key);

	for (size_t i = 0; value && i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(value, words[i]) == 0)
			return true;
	return false;
}

/* Behind the last assignment that empties the list. */
static size_t list_start(const struct unit *u, const char *key)
{
	for (size_t i = u->count; i-- > 0;)
		if (strcmp(u->lines[i].key, key) == 0 && !u->lines[i].value[0])
			return i + 1;
	return 0;
}

const char *unit_word(const struct unit *u, const char *key,
		      struct unit_words *at)
{
	size_t size;

	if (at->line == 0 && !at->rest)
		at->line = list_start(u, key);
	for (;;) {
		if (at->rest) {
			at->rest += strspn(at->rest, " \t\"'");
			size = strcspn(at->rest, " \t\"'");
			if (size && size < sizeof(at->word)) {
				memcpy(at->word, at->rest, size);
				at->word[size] = '\0';
				at->rest += size;
				return at->word;
			}
			at->rest = NULL;
			at->line++;
		}
		while (at->line < u->count && strcmp(u->lines[at->line].key, key) != 0)
			at->line++;
		if (at->line == u->count)
			return NULL;
		at->rest = u->lines[at->line].value;
	}
}

/* --- the drop-in --- */

static enum opus_code folder_make(const char *path, struct opus_error *err)
{
	char part[PATH_MAX];

	for (const char *end = path; *end;) {
		end += strspn(end, "/");
		end += strcspn(end, "/");
		snprintf(part, sizeof(part), "%.*s", (int)(end - path), path);
		if (mkdir(part, 0755) != 0 && errno != EEXIST)
			return error_set_errno(err, errno == EACCES || errno == EROFS
						    ? OPUS_PERMISSION : OPUS_RESOURCE,
					       "%.300s", part);
	}
	return OPUS_OK;
}

/* What the unit has in LD_PRELOAD already, without an agent. */
static void preload_before(const struct unit *u, char *ret, size_t size)
{
	struct unit_words at = {0};
	const char *word;

	ret[0] = '\0';
	while ((word = unit_word(u, "Environment", &at)) != NULL)
		if (strncmp(word, "LD_PRELOAD=", 11) == 0)
			snprintf(ret, size, "%s",
				 strstr(word, "libopus-agent.so") ? "" : word + 11);
}

static void drop_in_path(const struct unit *u, const char *root, char *folder,
			 char ret[PATH_MAX])
{
	snprintf(folder, PATH_MAX, "%s/etc/systemd/system/%s.d", root, u->name);
	snprintf(ret, PATH_MAX, "%.*s/" UNIT_DROP_IN, PATH_MAX - 32, folder);
}

static void drop_in_write(FILE *file, const struct unit *u,
			  const struct unit_wish *wish)
{
	char before[PATH_MAX];

	preload_before(u, before, sizeof(before));
	fprintf(file, "# Written by `opus-run unit enable`: the service can be patched by\n"
		"# opus-send, and takes patches from the store when it starts.\n"
		"[Service]\nEnvironment=LD_PRELOAD=%s%s%s\n"
		"ReadWritePaths=-" STORE_FOLDER "/" STORE_STARTS "\n",
		before, before[0] ? ":" : "", wish->agent);
	if (wish->follow)
		fprintf(file, "Environment=" START_FOLLOW "=%s\n", wish->agent);
	if (wish->follow && wish->follow_not[0])
		fprintf(file, "Environment=" START_FOLLOW_NOT "=%s\n",
			wish->follow_not);
}

enum opus_code unit_enable(const struct unit *u, const char *root,
			   const struct unit_wish *wish, char ret[PATH_MAX],
			   struct opus_error *err)
{
	char folder[PATH_MAX], fresh[PATH_MAX + 8];
	enum opus_code code;
	FILE *file;
	bool good;

	drop_in_path(u, root, folder, ret);
	code = folder_make(folder, err);
	if (code != OPUS_OK)
		return code;
	snprintf(fresh, sizeof(fresh), "%s.new", ret);
	file = fopen(fresh, "we");
	if (!file)
		return error_set_errno(err, OPUS_PERMISSION, "%.300s", fresh);
	drop_in_write(file, u, wish);
	good = fflush(file) == 0 && fsync(fileno(file)) == 0;
	good = fclose(file) == 0 && good && rename(fresh, ret) == 0;
	if (good)
		return OPUS_OK;
	code = error_set_errno(err, OPUS_RESOURCE, "cannot write %.300s", ret);
	unlink(fresh);
	return code;
}

enum opus_code unit_disable(const struct unit *u, const char *root,
			    char ret[PATH_MAX], struct opus_error *err)
{
	char folder[PATH_MAX];

	drop_in_path(u, root, folder, ret);
	if (unlink(ret) != 0)
		return errno == ENOENT
			? error_set(err, OPUS_ALREADY, "%.300s is not there", ret)
			: error_set_errno(err, OPUS_PERMISSION, "%.300s", ret);
	rmdir(folder); /* if nothing else is in it */
	return OPUS_OK;
}

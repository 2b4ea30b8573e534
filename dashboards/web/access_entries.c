#include "dashboards/web/access_entries.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"

enum { COLUMNS = 7 };

#define FILE_MODE 0600

struct access_entry *access_entries_find(struct access_entries *entries, const char *hash)
{
	for (size_t i = 0; i < entries->count; i++) {
		if (strcmp(entries->items[i].hash, hash) == 0) {
			return &entries->items[i];
		}
	}
	return NULL;
}

struct access_entry *access_entries_find_name(struct access_entries *entries, const char *name)
{
	for (size_t i = 0; i < entries->count; i++) {
		if (strcmp(entries->items[i].name, name) == 0) {
			return &entries->items[i];
		}
	}
	return NULL;
}

int access_entries_add(
	struct access_entries *entries, const struct access_entry *entry, struct err *err)
{
	if (entries->count == entries->most) {
		return err_set(
			err, ENOSPC, "there are %zu already: no more find room", entries->count);
	}
	struct access_entry *grown = realloc(entries->items, (entries->count + 1) * sizeof(*grown));
	if (!grown) {
		return err_set(err, ENOMEM, "out of memory");
	}
	entries->items = grown;
	grown[entries->count++] = *entry;
	return 0;
}

void access_entries_remove(struct access_entries *entries, size_t at)
{
	entries->items[at] = entries->items[--entries->count];
}

void access_entries_remove_ended(struct access_entries *entries, uint64_t now_ns)
{
	for (size_t i = entries->count; i-- > 0;) {
		if (entries->items[i].ends_ns && entries->items[i].ends_ns <= now_ns) {
			access_entries_remove(entries, i);
		}
	}
}

/* "HASH TOKEN NAME ROLE UNIT MADE ENDS", with tabs between; false where the line is none. */
static bool read_line(char *line, struct access_entry *entry)
{
	char *columns[COLUMNS], *end;

	for (unsigned i = 0; i < COLUMNS; i++) {
		columns[i] = strsep(&line, "\t");
		if (!columns[i]) {
			return false;
		}
	}
	snprintf(entry->hash, sizeof(entry->hash), "%s", columns[0]);
	snprintf(entry->token, sizeof(entry->token), "%s", columns[1]);
	snprintf(entry->name, sizeof(entry->name), "%s", columns[2]);
	snprintf(entry->unit, sizeof(entry->unit), "%s", columns[4]);
	entry->made_ns = strtoull(columns[5], NULL, 10);
	entry->ends_ns = strtoull(columns[6], &end, 10);
	return strlen(columns[0]) == ACCESS_HASH_TEXT - 1 && *end == '\0' &&
	       web_role_find(columns[3], &entry->role);
}

static void path_of(const struct access_entries *entries, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%.*s/%s", PATH_MAX - 16, entries->folder, entries->file);
}

/* A file that is missing holds nothing. */
static int read_entries(struct access_entries *entries, struct err *err)
{
	char path[PATH_MAX], *content = NULL;
	unsigned number = 0;

	path_of(entries, path);
	int status = file_read(path, &content, NULL, err);
	entries->count = 0;
	char *rest = content;
	for (char *line; status == 0 && (line = strsep(&rest, "\n"));) {
		struct access_entry entry;
		number++;
		if (*line && !read_line(line, &entry)) {
			status = err_set(err, EBADMSG,
				"%s:%u: expected hash, token, name, role, unit and two times "
				"with tabs between",
				path, number);
		} else if (*line) {
			status = access_entries_add(entries, &entry, err);
		}
	}
	free(content);
	return status == -ENOENT ? 0 : status;
}

int access_entries_write(struct access_entries *entries, struct err *err)
{
	char path[PATH_MAX];
	struct text text;

	text_init_heap(&text);
	for (size_t i = 0; i < entries->count; i++) {
		const struct access_entry *entry = &entries->items[i];
		text_printf(&text, "%s\t%s\t%s\t%s\t%s\t%llu\t%llu\n", entry->hash, entry->token,
			entry->name, web_role_name(entry->role), entry->unit,
			(unsigned long long)entry->made_ns, (unsigned long long)entry->ends_ns);
	}
	path_of(entries, path);
	entries->changed = (struct timespec){ 0 };
	int status = text.truncated ? err_set(err, ENOMEM, "out of memory")
				    : file_write_mode(path, text.at ? text.at : "", text.length,
					      FILE_MODE, err);
	text_deinit(&text);
	return status;
}

/* Another process may have written it since, a terminal or a second server: the file says so by its
 * time, and by being another one. */
int access_entries_refresh(struct access_entries *entries, struct err *err)
{
	char path[PATH_MAX];
	struct stat now = { 0 };

	path_of(entries, path);
	if (stat(path, &now) < 0) {
		entries->count = 0;
		entries->changed = (struct timespec){ 0 };
		return 0;
	}
	if (now.st_ino == entries->inode &&
		memcmp(&now.st_mtim, &entries->changed, sizeof(now.st_mtim)) == 0) {
		return 0;
	}
	int status = read_entries(entries, err);
	entries->changed = status == 0 ? now.st_mtim : (struct timespec){ 0 };
	entries->inode = now.st_ino;
	return status;
}

/* Alerts in a folder: a file each, in the form of state.h, which says what is damaged. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/alert/alert_store.h"
#include "analyzer/record/state.h"
#include "base/clock.h"
#include "base/file.h"

enum { RECORD_VERSION = 1, LISTED_LEAST = 64 };

static const char ending[] = ".state";

struct folder_store {
	struct alert_store store;
	struct state *state;
	char folder[PATH_MAX];
	int lock;
	/* Root works in a sensor's folder as the sensor's user, so that the sensor can read it. */
	uid_t uid;
	gid_t gid;
	bool becomes_owner;
};

static struct folder_store *of(struct alert_store *store)
{
	return (struct folder_store *)store;
}

static void become_owner(const struct folder_store *folder)
{
	if (folder->becomes_owner) {
		setfsgid(folder->gid);
		setfsuid(folder->uid);
	}
}

static void become_oneself(const struct folder_store *folder)
{
	if (folder->becomes_owner) {
		setfsuid(0);
		setfsgid(0);
	}
}

static int load(
	struct folder_store *folder, const char *id, struct alert_record *record, struct err *err)
{
	uint32_t version;
	char *content;
	size_t length;
	int status = state_load(folder->state, id, &version, &content, &length, err);

	alert_record_clear(record);
	if (status == -ENOENT) {
		return err_set(err, ENOENT, "there is no %s in %s", id, folder->folder);
	}
	if (status < 0) {
		return status;
	}
	status = version == RECORD_VERSION
			 ? alert_record_read(record, content, length, err)
			 : err_set(err, EBADMSG, "%s/%s%s was written by another version",
				   folder->folder, id, ending);
	free(content);
	return status;
}

static int folder_read(
	struct alert_store *store, const char *id, struct alert_record *record, struct err *err)
{
	become_owner(of(store));
	int status = load(of(store), id, record, err);
	become_oneself(of(store));
	return status;
}

static int merge(struct alert_record *record, const struct alert_change *change, struct err *err)
{
	int status = 0;

	for (unsigned i = 0; i < change->fields->count && status == 0; i++) {
		const struct alert_field *field = &change->fields->fields[i];
		status = alert_record_set(record, field->name, field->value, err);
	}
	return status;
}

static int set_number(
	struct alert_record *record, const char *name, uint64_t number, struct err *err)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
	return alert_record_set(record, name, text, err);
}

static int save(struct folder_store *folder, const char *id, const struct alert_record *record,
	struct err *err)
{
	struct text text;

	text_init_heap(&text);
	alert_record_put(&text, record);
	int status = text.truncated ? err_set(err, ENOMEM, "out of memory")
				    : state_save(folder->state, id, RECORD_VERSION, text.at,
					      text.length, err);
	text_deinit(&text);
	return status;
}

/* Under the lock. */
static int change_record(struct folder_store *folder, const struct alert_change *change,
	uint64_t *revision, struct err *err)
{
	struct alert_record record = { 0 };
	int status = load(folder, change->id, &record, err);
	uint64_t found = status == 0 ? alert_record_number(&record, "rev") : 0;
	uint64_t time_ns = status == 0 ? alert_record_number(&record, "time") : change->time_ns;

	if (status == -ENOENT) {
		status = 0;
	}
	if (status == 0 && change->revision != ALERT_REVISION_ANY && change->revision != found) {
		status = err_set(err, ESTALE, "%s was changed in between", change->id);
	}
	if (status == 0 && change->replaces) {
		alert_record_clear(&record);
	}
	if (status == 0) {
		status = merge(&record, change, err);
	}
	if (status == 0) {
		status = set_number(&record, "time", time_ns, err);
	}
	if (status == 0) {
		*revision = found + 1;
		status = set_number(&record, "rev", found + 1, err);
	}
	if (status == 0) {
		status = save(folder, change->id, &record, err);
	}
	alert_record_clear(&record);
	return status;
}

static int folder_write(struct alert_store *store, const struct alert_change *change,
	uint64_t *revision, struct err *err)
{
	struct folder_store *folder = of(store);

	while (flock(folder->lock, LOCK_EX) < 0) {
		if (errno != EINTR) {
			return err_set(err, errno, "%s: cannot lock it: %s", folder->folder,
				strerror(errno));
		}
	}
	become_owner(folder);
	int status = change_record(folder, change, revision, err);
	become_oneself(folder);
	flock(folder->lock, LOCK_UN);
	return status;
}

struct listed {
	char id[ALERT_STORE_ID_BYTES];
	uint64_t time_ns;
};

static int compare_listed(const void *left, const void *right)
{
	const struct listed *a = left, *b = right;

	if (a->time_ns != b->time_ns) {
		return a->time_ns > b->time_ns ? -1 : 1;
	}
	return strcmp(a->id, b->id);
}

static bool is_record(const char *name, char letter, char id[ALERT_STORE_ID_BYTES])
{
	size_t length = strlen(name), end = sizeof(ending) - 1;

	if (name[0] != letter || length <= end || length - end >= ALERT_STORE_ID_BYTES ||
		strcmp(name + length - end, ending) != 0) {
		return false;
	}
	memcpy(id, name, length - end);
	id[length - end] = '\0';
	return true;
}

/* Order is by what the records say; one that is damaged comes last. */
static int gather(struct folder_store *folder, DIR *entries, char letter, struct listed **listed,
	size_t *count, struct err *err)
{
	struct alert_record record = { 0 };
	size_t capacity = 0;
	struct dirent *entry;
	struct listed one;

	while ((entry = readdir(entries))) {
		if (!is_record(entry->d_name, letter, one.id)) {
			continue;
		}
		if (*count == capacity) {
			capacity = capacity ? 2 * capacity : LISTED_LEAST;
			struct listed *grown = realloc(*listed, capacity * sizeof(**listed));
			if (!grown) {
				alert_record_clear(&record);
				return err_set(err, ENOMEM, "out of memory");
			}
			*listed = grown;
		}
		one.time_ns = load(folder, one.id, &record, NULL) == 0
				      ? alert_record_number(&record, "time")
				      : 0;
		(*listed)[(*count)++] = one;
	}
	alert_record_clear(&record);
	return 0;
}

static int folder_list(struct alert_store *store, char letter, char (**ids)[ALERT_STORE_ID_BYTES],
	size_t *count, struct err *err)
{
	struct folder_store *folder = of(store);
	struct listed *listed = NULL;
	DIR *entries = opendir(folder->folder);

	*count = 0;
	if (!entries) {
		return err_set(err, errno, "%s: %s", folder->folder, strerror(errno));
	}
	int status = gather(folder, entries, letter, &listed, count, err);
	closedir(entries);
	if (*count > 0) {
		qsort(listed, *count, sizeof(*listed), compare_listed);
	}
	*ids = status == 0 ? calloc(*count + 1, sizeof(**ids)) : NULL;
	if (status == 0 && !*ids) {
		status = err_set(err, ENOMEM, "out of memory");
	}
	for (size_t i = 0; i < *count && status == 0; i++) {
		memcpy((*ids)[i], listed[i].id, sizeof(**ids));
	}
	free(listed);
	return status;
}

/* Every change is a new file in the old one's place. */
static int mark_files(struct folder_store *folder, DIR *entries, char letter,
	struct alert_mark **marks, size_t *count, struct err *err)
{
	size_t capacity = 0;
	struct dirent *entry;
	struct stat status;
	struct alert_mark one;

	while ((entry = readdir(entries))) {
		if (!is_record(entry->d_name, letter, one.id) ||
			fstatat(dirfd(entries), entry->d_name, &status, 0) < 0) {
			continue;
		}
		if (*count == capacity) {
			capacity = capacity ? 2 * capacity : LISTED_LEAST;
			struct alert_mark *grown = realloc(*marks, capacity * sizeof(**marks));
			if (!grown) {
				return err_set(err, ENOMEM, "%s: out of memory", folder->folder);
			}
			*marks = grown;
		}
		one.mark = (uint64_t)status.st_mtim.tv_sec * NS_PER_S +
			   (uint64_t)status.st_mtim.tv_nsec + (uint64_t)status.st_ino;
		(*marks)[(*count)++] = one;
	}
	return 0;
}

static int folder_marks(struct alert_store *store, char letter, struct alert_mark **marks,
	size_t *count, struct err *err)
{
	struct folder_store *folder = of(store);
	DIR *entries = opendir(folder->folder);

	if (!entries) {
		return err_set(err, errno, "%s: %s", folder->folder, strerror(errno));
	}
	int status = mark_files(folder, entries, letter, marks, count, err);
	closedir(entries);
	return status;
}

static void folder_close(struct alert_store *store)
{
	struct folder_store *folder = of(store);

	if (folder->lock >= 0) {
		close(folder->lock);
	}
	state_close(folder->state);
	free(folder);
}

static const struct alert_store_ops folder_ops = {
	.name = "folder",
	.close = folder_close,
	.read = folder_read,
	.write = folder_write,
	.list = folder_list,
	.marks = folder_marks,
};

static void take_owner(struct folder_store *folder, const char *above)
{
	struct stat status;

	if (geteuid() == 0 && stat(above, &status) == 0 && status.st_uid != 0) {
		folder->uid = status.st_uid;
		folder->gid = status.st_gid;
		folder->becomes_owner = true;
	}
}

static int open_parts(struct folder_store *folder, struct err *err)
{
	char lock[PATH_MAX];
	int status = state_open(&folder->state, folder->folder, err);

	if (status == 0 && snprintf(lock, sizeof(lock), "%s/lock", folder->folder) >= PATH_MAX) {
		status = err_set(err, ENAMETOOLONG, "%s: the name is too long", folder->folder);
	}
	if (status == 0) {
		folder->lock = file_open_to_write(lock, O_RDWR | O_CREAT, 0600, err);
		status = folder->lock < 0 ? folder->lock : 0;
	}
	return status;
}

int alert_store_open_folder(struct alert_store **store, const char *folder, struct err *err)
{
	struct folder_store *opened = calloc(1, sizeof(*opened));
	struct state *above;

	if (!opened) {
		return err_set(err, ENOMEM, "%s: out of memory", folder);
	}
	opened->store.ops = &folder_ops;
	opened->lock = -1;
	snprintf(opened->store.name, sizeof(opened->store.name), "%.159s", folder);
	snprintf(opened->folder, sizeof(opened->folder), "%.4000s/alerts", folder);
	int status = state_open(&above, folder, err);
	if (status == 0) {
		state_close(above);
		take_owner(opened, folder);
		become_owner(opened);
		status = open_parts(opened, err);
		become_oneself(opened);
	}
	if (status < 0) {
		folder_close(&opened->store);
		return status;
	}
	*store = &opened->store;
	return 0;
}

#include "analyzer/alert/alert_store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int alert_store_open(struct alert_store **store, const char *target, struct err *err)
{
	*store = NULL;
	return strncmp(target, "unix:", 5) == 0 || strstr(target, "://")
		       ? alert_store_open_redis(store, target, err)
		       : alert_store_open_folder(store, target, err);
}

void alert_store_close(struct alert_store *store)
{
	if (store) {
		store->ops->close(store);
	}
}

const char *alert_store_name(const struct alert_store *store)
{
	return store->name;
}

/* Ids become names of files and of keys. */
static int check_id(const char *id, struct err *err)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	size_t length = strlen(id);

	if (length < 2 || length >= ALERT_STORE_ID_BYTES || strspn(id, letters) != length ||
		id[0] < 'a') {
		return err_set(err, EINVAL,
			"\"%.60s\" is no id: expected a letter, then digits and letters, as "
			"borderflow alerts list shows them",
			id);
	}
	return 0;
}

int alert_store_read(
	struct alert_store *store, const char *id, struct alert_record *record, struct err *err)
{
	int status = check_id(id, err);

	return status < 0 ? status : store->ops->read(store, id, record, err);
}

int alert_store_write(struct alert_store *store, const struct alert_change *change,
	uint64_t *revision, struct err *err)
{
	uint64_t written;
	int status = check_id(change->id, err);

	return status < 0 ? status
			  : store->ops->write(store, change, revision ? revision : &written, err);
}

int alert_store_list(struct alert_store *store, char letter, alert_store_each *each, void *context,
	unsigned *damaged, struct err *err)
{
	char(*ids)[ALERT_STORE_ID_BYTES] = NULL;
	struct alert_record record = { 0 };
	unsigned bad = 0;
	size_t count = 0;
	int status = store->ops->list(store, letter, &ids, &count, err);

	for (size_t i = 0; i < count && status == 0; i++) {
		status = store->ops->read(store, ids[i], &record, err);
		if (status == 0) {
			status = each(context, ids[i], &record, err);
		} else if (status == -ENOENT || status == -EBADMSG) {
			bad += status == -EBADMSG; /* else it went in between */
			status = 0;
		}
	}
	alert_record_clear(&record);
	free(ids);
	if (damaged) {
		*damaged = bad;
	}
	return status;
}

int alert_store_marks(struct alert_store *store, char letter, struct alert_mark **marks,
	size_t *count, struct err *err)
{
	*marks = NULL;
	*count = 0;
	return store->ops->marks(store, letter, marks, count, err);
}

#include "analyzer/engine/record_store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

struct record_store {
	int fd;
	uint32_t *before; /* of each place; of a free one the next that is free */
	uint32_t count, room, first_free;
};

int record_store_create(struct record_store **store, struct err *err)
{
	*store = calloc(1, sizeof(**store));
	if (!*store) {
		return err_set(err, ENOMEM, "out of memory");
	}
	(*store)->first_free = RECORD_STORE_NONE;
	(*store)->fd = file_open_nameless(err);
	if ((*store)->fd < 0) {
		int status = (*store)->fd;
		free(*store);
		*store = NULL;
		return status;
	}
	return 0;
}

void record_store_destroy(struct record_store *store)
{
	if (store) {
		close(store->fd);
		free(store->before);
		free(store);
	}
}

/* RECORD_STORE_NONE: out of memory. */
static uint32_t take_place(struct record_store *store)
{
	uint32_t place = store->first_free;

	if (place != RECORD_STORE_NONE) {
		store->first_free = store->before[place];
		return place;
	}
	if (store->count == store->room) {
		uint32_t room = store->room ? store->room * 2 : 1024;
		uint32_t *more =
			room > store->room ? realloc(store->before, room * sizeof(*more)) : NULL;
		if (!more) {
			return RECORD_STORE_NONE;
		}
		store->before = more;
		store->room = room;
	}
	return store->count++;
}

static void free_place(struct record_store *store, uint32_t place)
{
	store->before[place] = store->first_free;
	store->first_free = place;
}

static off_t offset_of(uint32_t place)
{
	return (off_t)place * (off_t)sizeof(struct record);
}

int record_store_put(struct record_store *store, const struct record *record, uint32_t before,
	uint32_t *place, struct err *err)
{
	size_t bytes = record_used_bytes(record);
	uint32_t taken = take_place(store);

	if (taken == RECORD_STORE_NONE) {
		return err_set(err, ENOMEM, "out of memory for records that wait");
	}
	/* place may be where the caller keeps `before`: it stays what it is where this fails. */
	if (pwrite(store->fd, record, bytes, offset_of(taken)) != (ssize_t)bytes) {
		free_place(store, taken);
		return err_set(err, EIO, "cannot keep records that wait in %s: %s",
			file_temporary_folder(), strerror(errno));
	}
	store->before[taken] = before;
	*place = taken;
	return 0;
}

int record_store_take(struct record_store *store, uint32_t place, struct record *record,
	uint32_t *before, struct err *err)
{
	ssize_t got = pread(store->fd, record, sizeof(*record), offset_of(place));

	*before = store->before[place];
	free_place(store, place);
	if (got < (ssize_t)offsetof(struct record, l7)) {
		return err_set(err, EIO, "cannot read records that waited in %s: %s",
			file_temporary_folder(), got < 0 ? strerror(errno) : "they are gone");
	}
	return 0;
}

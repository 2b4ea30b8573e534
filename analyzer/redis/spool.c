#include "analyzer/redis/spool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/redis/spool_parts.h"

/* How many entries stand at or before a place. */
static size_t entries_until(const struct spool *spool, const struct spool_place *place)
{
	size_t low = 0, high = spool->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (spool_place_compare(&spool->entries[middle].place, place) <= 0) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

/* Forgets every batch of an area that would be written over. */
static void evict(struct spool *spool, bool is_in_memory, uint64_t from, uint64_t end)
{
	size_t kept = 0;

	for (size_t i = 0; i < spool->count; i++) {
		const struct spool_entry *entry = &spool->entries[i];
		bool overlaps = entry->is_in_memory == is_in_memory && entry->offset < end &&
				entry->offset + spool_frame_room(entry->length) > from;
		if (!overlaps) {
			if (kept != i) {
				spool->entries[kept] = *entry;
			}
			kept++;
		}
	}
	spool->count = kept;
}

/* Room in an area for one frame, at its head or, where it does not fit behind that, at the start.
 * What stood there is forgotten. */
static bool make_room(struct spool *spool, struct spool_area *area, uint64_t room)
{
	bool is_in_memory = area == &spool->memory;

	if (room > area->capacity) {
		return false;
	}
	if (area->head + room > area->capacity) {
		evict(spool, is_in_memory, area->head, area->capacity);
		area->head = 0;
	}
	evict(spool, is_in_memory, area->head, area->head + room);
	return true;
}

static bool put_into_file(struct spool *spool, uint64_t room)
{
	if (spool->file.fd < 0 || !make_room(spool, &spool->file, room)) {
		return false;
	}
	if (spool_file_write(spool->file.fd, spool->frame, room, spool->file.head) < 0) {
		spool->stats.write_failures++;
		return false;
	}
	return true;
}

static bool put_into_memory(struct spool *spool, uint64_t room)
{
	struct spool_area *area = &spool->memory;

	if (!area->memory) {
		area->memory = malloc(spool->options.memory_bytes);
		area->capacity = area->memory ? spool->options.memory_bytes : 0;
	}
	if (!make_room(spool, area, room)) {
		return false;
	}
	memcpy(area->memory + area->head, spool->frame, room);
	return true;
}

/* The frame of a batch, with zeros up to the next step. */
static bool build_frame(struct spool *spool, const struct spool_batch *batch, uint64_t room)
{
	if (spool->frame_capacity < room) {
		uint8_t *grown = realloc(spool->frame, room * 2);
		if (!grown) {
			return false;
		}
		spool->frame = grown;
		spool->frame_capacity = room * 2;
	}
	struct spool_frame header = { .epoch = batch->place.epoch,
		.number = batch->place.number,
		.time_ns = batch->time_ns,
		.length = (uint32_t)batch->length,
		.kind = batch->kind,
		.checksum = batch->checksum };
	memcpy(header.magic, spool_frame_magic, sizeof(header.magic));
	header.header_checksum = spool_frame_checksum(spool, &header);
	memcpy(spool->frame, &header, sizeof(header));
	memcpy(spool->frame + sizeof(header), batch->bytes, batch->length);
	memset(spool->frame + sizeof(header) + batch->length, 0,
		room - sizeof(header) - batch->length);
	return true;
}

static bool put(struct spool *spool, struct spool_batch *batch)
{
	uint64_t room = spool_frame_room(batch->length);

	spool->last.number++;
	batch->place = spool->last;
	batch->checksum = hash_bytes(&spool->key, batch->bytes, batch->length);
	if (batch->length > UINT32_MAX || !build_frame(spool, batch, room)) {
		return false;
	}
	bool is_in_file = put_into_file(spool, room);
	if (!is_in_file && !put_into_memory(spool, room)) {
		return false;
	}
	if (spool->count == SPOOL_BATCHES_MAX) {
		spool_remove_entries(spool, 0, SPOOL_BATCHES_MAX / 16);
	}
	struct spool_area *area = is_in_file ? &spool->file : &spool->memory;
	spool->entries[spool->count++] =
		(struct spool_entry){ batch->place, area->head, batch->checksum, batch->time_ns,
			(uint32_t)batch->length, (uint8_t)batch->kind, !is_in_file };
	area->head += room;
	return true;
}

bool spool_put(struct spool *spool, struct spool_batch *batch)
{
	pthread_mutex_lock(&spool->mutex);
	bool is_in = put(spool, batch);
	pthread_mutex_unlock(&spool->mutex);
	return is_in;
}

int spool_sync(struct spool *spool)
{
	return spool->file.fd >= 0 && fdatasync(spool->file.fd) < 0 ? -errno : 0;
}

/* Fills the reader's buffer; false where the bytes are not those that were put. */
static bool read_batch(
	struct spool *spool, const struct spool_entry *entry, struct spool_reader *reader)
{
	uint64_t at = entry->offset + sizeof(struct spool_frame);

	if (reader->capacity < entry->length + (size_t)1) {
		char *grown = realloc(reader->bytes, entry->length * (size_t)2 + 1);
		if (!grown) {
			return false;
		}
		reader->bytes = grown;
		reader->capacity = entry->length * (size_t)2 + 1;
	}
	if (entry->is_in_memory) {
		memcpy(reader->bytes, spool->memory.memory + at, entry->length);
	} else if (spool_file_read(spool->file.fd, reader->bytes, entry->length, at) < 0) {
		return false;
	}
	reader->bytes[entry->length] = '\0';
	return hash_bytes(&spool->key, reader->bytes, entry->length) == entry->checksum;
}

bool spool_next(struct spool *spool, struct spool_reader *reader, const struct spool_place *after,
	struct spool_batch *batch)
{
	bool found = false;

	pthread_mutex_lock(&spool->mutex);
	size_t at = entries_until(spool, after);
	while (at < spool->count && !found) {
		const struct spool_entry *entry = &spool->entries[at];
		found = read_batch(spool, entry, reader);
		if (found) {
			*batch = (struct spool_batch){ entry->place, entry->kind, entry->time_ns,
				entry->checksum, reader->bytes, entry->length };
		} else {
			spool->stats.damaged++;
			spool_remove_entries(spool, at, 1);
		}
	}
	pthread_mutex_unlock(&spool->mutex);
	return found;
}

void spool_reader_deinit(struct spool_reader *reader)
{
	free(reader->bytes);
	*reader = (struct spool_reader){ NULL, 0 };
}

bool spool_find(struct spool *spool, const struct spool_place *place, uint64_t *checksum)
{
	pthread_mutex_lock(&spool->mutex);
	size_t until = entries_until(spool, place);
	bool found = until > 0 && spool_place_compare(&spool->entries[until - 1].place, place) == 0;
	if (found) {
		*checksum = spool->entries[until - 1].checksum;
	}
	pthread_mutex_unlock(&spool->mutex);
	return found;
}

struct spool_place spool_last(struct spool *spool)
{
	pthread_mutex_lock(&spool->mutex);
	struct spool_place last = spool->last;
	pthread_mutex_unlock(&spool->mutex);
	return last;
}

static struct spool_rest rest_from(const struct spool *spool, size_t at)
{
	struct spool_rest rest = { .batches = spool->count - at };

	rest.oldest_ns = at < spool->count ? spool->entries[at].time_ns : 0;
	for (; at < spool->count; at++) {
		rest.bytes += spool->entries[at].length;
	}
	return rest;
}

void spool_read_rest(struct spool *spool, const struct spool_place *after, struct spool_rest *rest)
{
	pthread_mutex_lock(&spool->mutex);
	*rest = rest_from(spool, entries_until(spool, after));
	pthread_mutex_unlock(&spool->mutex);
}

void spool_read_stats(struct spool *spool, struct spool_stats *stats)
{
	pthread_mutex_lock(&spool->mutex);
	struct spool_rest all = rest_from(spool, 0);
	*stats = spool->stats;
	stats->file_bytes = spool->file.fd >= 0 ? spool->file.capacity : 0;
	stats->batches = all.batches;
	stats->bytes = all.bytes;
	pthread_mutex_unlock(&spool->mutex);
}

int spool_open(struct spool **spool, const struct spool_options *options, struct err *err)
{
	struct spool *opened = calloc(1, sizeof(*opened));
	int status = 0;

	*spool = NULL;
	if (!opened) {
		return err_set(err, ENOMEM, "the spool: out of memory");
	}
	pthread_mutex_init(&opened->mutex, NULL);
	opened->options = *options;
	opened->key = hash_key_fixed(options->owner);
	opened->last = (struct spool_place){ options->now_ns ? options->now_ns : 1, 0 };
	opened->file.fd = -1;
	opened->entries = malloc(SPOOL_BATCHES_MAX * sizeof(*opened->entries));
	if (!opened->entries) {
		status = err_set(err, ENOMEM, "the spool: out of memory");
	} else if (options->path) {
		status = spool_file_open(opened, err);
	}
	if (status < 0) {
		spool_close(opened);
		return status;
	}
	*spool = opened;
	return 0;
}

void spool_close(struct spool *spool)
{
	if (!spool) {
		return;
	}
	if (spool->file.fd >= 0) {
		fdatasync(spool->file.fd);
		close(spool->file.fd);
	}
	pthread_mutex_destroy(&spool->mutex);
	free(spool->memory.memory);
	free(spool->entries);
	free(spool->frame);
	free(spool);
}

bool spool_is_on_disk(const struct spool *spool)
{
	return spool->file.fd >= 0;
}

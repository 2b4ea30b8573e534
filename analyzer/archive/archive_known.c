#include "analyzer/archive/archive_known.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/archive/archive.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/hash_table.h"

#define DAY_NS (24 * 3600 * NS_PER_S)

enum { DAYS_MAX = 1024, LEAST = 1024 };

struct archive_known {
	char *folder;
	struct hash_key key;
	uint64_t *records; /* hashes */
	uint32_t count, capacity;
	struct hash_table table;
	uint64_t days[DAYS_MAX];
	unsigned day_count;
	uint64_t found;
};

struct archive_known *archive_known_create(const char *folder)
{
	struct archive_known *known = calloc(1, sizeof(*known));

	if (known && !(known->folder = strdup(folder))) {
		free(known);
		return NULL;
	}
	if (known) {
		known->key = hash_key_random();
	}
	return known;
}

void archive_known_destroy(struct archive_known *known)
{
	if (known) {
		hash_table_deinit(&known->table);
		free(known->records);
		free(known->folder);
		free(known);
	}
}

static uint64_t hash_of(const struct archive_known *known, const struct record *record)
{
	const struct flow_record *flow = &record->flow;
	const uint64_t identity[3] = { flow->flow_id, flow->part, flow->start_ns };

	return hash_bytes(&known->key, identity, sizeof(identity));
}

static bool is_hash(const void *records, uint32_t place, const void *hash)
{
	return ((const uint64_t *)records)[place] == *(const uint64_t *)hash;
}

static bool holds(const struct archive_known *known, uint64_t hash)
{
	return hash_table_find(&known->table, hash, is_hash, known->records, &hash) !=
	       HASH_TABLE_NONE;
}

static void add(struct archive_known *known, uint64_t hash)
{
	if (known->count == known->capacity) {
		uint32_t grown = known->capacity ? 2 * known->capacity : LEAST;
		uint64_t *records = realloc(known->records, grown * sizeof(*records));
		if (!records) {
			return;
		}
		known->records = records;
		known->capacity = grown;
	}
	known->records[known->count] = hash;
	if (hash_table_put(&known->table, hash, known->count)) {
		known->count++;
	}
}

static void look_up(struct archive_known *known, uint64_t day)
{
	const struct archive_options options = {
		.folder = known->folder, .from_ns = day * DAY_NS, .to_ns = (day + 1) * DAY_NS
	};
	struct archive_reader *reader;
	struct archived *archived;
	struct err err;
	size_t count;

	if (archive_reader_open(&reader, &options, &err) < 0) {
		return;
	}
	while ((count = archive_reader_next(reader, &archived)) > 0) {
		for (size_t i = 0; i < count; i++) {
			uint64_t hash = hash_of(known, &archived[i].record);
			if (!holds(known, hash)) {
				add(known, hash);
			}
		}
	}
	archive_reader_close(reader);
}

static void know_day(struct archive_known *known, uint64_t day)
{
	for (unsigned i = known->day_count; i > 0; i--) {
		if (known->days[i - 1] == day) {
			return;
		}
	}
	if (known->day_count < DAYS_MAX) {
		known->days[known->day_count++] = day;
		look_up(known, day);
	}
}

bool archive_known_holds(struct archive_known *known, const struct record *record)
{
	know_day(known, record->flow.start_ns / DAY_NS);
	bool is_known = known->count > 0 && holds(known, hash_of(known, record));

	known->found += is_known;
	return is_known;
}

uint64_t archive_known_count(const struct archive_known *known)
{
	return known->found;
}

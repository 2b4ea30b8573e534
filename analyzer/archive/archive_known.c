#include "analyzer/archive/archive_known.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/archive/archive.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/hash_table.h"

#define DAY_NS (24 * 3600 * NS_PER_S)

enum { DAYS_MAX = 1024, LEAST = 1024 };

/* A record that is there. */
struct held {
	uint64_t hash;
	uint64_t packets[2], bytes[2], end_ns;
};

struct archive_known {
	char *folder;
	struct hash_key key;
	struct held *records;
	uint32_t count, capacity;
	struct hash_table table;
	uint64_t days[DAYS_MAX];
	unsigned day_count;
	struct archive_known_stats stats;
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

static uint64_t hash_of(
	const struct archive_known *known, uint64_t flow_id, uint64_t part, uint64_t start_ns)
{
	const uint64_t identity[3] = { flow_id, part, start_ns };

	return hash_bytes(&known->key, identity, sizeof(identity));
}

static bool is_hash(const void *records, uint32_t place, const void *hash)
{
	return ((const struct held *)records)[place].hash == *(const uint64_t *)hash;
}

/* NULL: it is not there. */
static const struct held *find(const struct archive_known *known, uint64_t hash)
{
	uint32_t place = hash_table_find(&known->table, hash, is_hash, known->records, &hash);

	return place == HASH_TABLE_NONE ? NULL : &known->records[place];
}

static void add(struct archive_known *known, const struct flow_record *flow)
{
	uint64_t hash = hash_of(known, flow->flow_id, flow->part, flow->start_ns);

	if (find(known, hash)) {
		return;
	}
	if (known->count == known->capacity) {
		uint32_t grown = known->capacity ? 2 * known->capacity : LEAST;
		struct held *records = realloc(known->records, grown * sizeof(*records));
		if (!records) {
			return;
		}
		known->records = records;
		known->capacity = grown;
	}
	known->records[known->count] = (struct held){ .hash = hash,
		.packets = { flow->packets[0], flow->packets[1] },
		.bytes = { flow->bytes[0], flow->bytes[1] },
		.end_ns = flow->end_ns };
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
			add(known, &archived[i].record.flow);
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

/* With the parts that were added to it since. */
static struct held sum_of(const struct archive_known *known, const struct flow_record *flow,
	const struct held *first, uint32_t *part)
{
	struct held sum = *first;
	const struct held *next = first;

	*part = flow->part + 1;
	while ((next = find(known, hash_of(known, flow->flow_id, *part, next->end_ns))) != NULL &&
		*part < UINT32_MAX) {
		for (unsigned end = 0; end < 2; end++) {
			sum.packets[end] += next->packets[end];
			sum.bytes[end] += next->bytes[end];
		}
		sum.end_ns = next->end_ns;
		++*part;
	}
	return sum;
}

/* Over: of a flow that was told to its end, so that whole flows stay as they were told. */
static void take_off(struct flow_record *flow, const struct held *sum, uint32_t part)
{
	flow->part = part;
	flow->start_ns = sum->end_ns < flow->end_ns ? sum->end_ns : flow->end_ns;
	flow->is_last = false;
	for (unsigned end = 0; end < 2; end++) {
		uint64_t packets = sum->packets[end], bytes = sum->bytes[end];
		flow->packets[end] -= packets < flow->packets[end] ? packets : flow->packets[end];
		flow->bytes[end] -= bytes < flow->bytes[end] ? bytes : flow->bytes[end];
	}
}

enum archive_known_answer archive_known_ask(
	struct archive_known *known, const struct record *record, struct record *rest)
{
	const struct flow_record *flow = &record->flow;
	uint32_t part;

	know_day(known, flow->start_ns / DAY_NS);
	const struct held *first =
		known->count > 0
			? find(known, hash_of(known, flow->flow_id, flow->part, flow->start_ns))
			: NULL;
	if (!first) {
		return ARCHIVE_KNOWS_NOTHING;
	}
	known->stats.records++;
	struct held sum = sum_of(known, flow, first, &part);
	if (flow->packets[0] <= sum.packets[0] && flow->packets[1] <= sum.packets[1]) {
		return ARCHIVE_KNOWS_ALL;
	}
	known->stats.shorter++;
	record_copy(rest, record);
	take_off(&rest->flow, &sum, part);
	return ARCHIVE_KNOWS_LESS;
}

struct archive_known_stats archive_known_stats(const struct archive_known *known)
{
	return known->stats;
}

#include "analyzer/archive/archive_known.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/archive/archive.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/hash_table.h"

#define DAY_NS (24 * 3600 * NS_PER_S)

enum {
	DAYS_MAX = 1024,
	LEAST = 1024,
	STEPS_MAX = 1000 /* records of the same ends that are looked at: a day has 288 slots */
};

#define NONE HASH_TABLE_NONE

/* A record that is there. */
struct held {
	uint64_t hash, ends; /* of what it is known by; of its two ends */
	uint64_t flow_id, flow_start_ns, start_ns, end_ns;
	uint64_t packets[2], bytes[2];
	uint32_t next; /* of the same ends; NONE: the last */
};

/* What the last records of a flow that are there tell of it. Within one slot an id may stand for
 * two beginnings, where one capture began later. */
struct told {
	uint64_t flow_id, flow_start_ns;
	uint64_t packets[2], bytes[2];
};

struct archive_known {
	char *folder;
	struct hash_key key;
	struct held *records;
	uint32_t count, capacity;
	struct hash_table table, ends;
	struct told *flows;
	uint32_t flow_count, flow_capacity;
	struct hash_table flow_table;
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
		hash_table_deinit(&known->ends);
		hash_table_deinit(&known->flow_table);
		free(known->records);
		free(known->flows);
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

/* Of a record that is there or comes: by the address that is kept of the own device, or what stands
 * in for it. Which end began is guessed in the middle of a flow. */
static uint64_t hash_of_ends(const struct archive_known *known, const struct record *record,
	const struct record_labels *labels)
{
	const struct flow_record *flow = &record->flow;
	const struct addr *addrs[2] = { &flow->source, &flow->destination };
	const uint16_t ports[2] = { flow->source_port, flow->destination_port };
	unsigned own = record->own_side == RECORD_SOURCE ? 0 : 1;
	struct {
		struct addr own, remote;
		uint16_t ports[2];
		uint8_t protocol;
	} ends;

	memset(&ends, 0, sizeof(ends)); /* hashed whole */
	ends.own = labels->device[0] && !record_is_to_all(addrs[own])
			   ? archive_stand_in(labels->device)
			   : *addrs[own];
	ends.remote = *addrs[!own];
	ends.ports[0] = ports[own];
	ends.ports[1] = ports[!own];
	ends.protocol = flow->protocol;
	return hash_bytes(&known->key, &ends, sizeof(ends));
}

static bool has_ends(const void *records, uint32_t place, const void *ends)
{
	return ((const struct held *)records)[place].ends == *(const uint64_t *)ends;
}

static bool is_of_flow(const void *flows, uint32_t place, const void *key)
{
	const struct told *told = (const struct told *)flows + place;
	const struct flow_record *flow = key;

	return told->flow_id == flow->flow_id && told->flow_start_ns == flow->flow_start_ns;
}

/* NULL: the end of that flow was not told. */
static struct told *find_told(const struct archive_known *known, const struct flow_record *flow)
{
	uint32_t place =
		hash_table_find(&known->flow_table, flow->flow_id, is_of_flow, known->flows, flow);

	return place == NONE ? NULL : &known->flows[place];
}

/* Room for one more; false: out of memory. */
static bool grow(void **items, size_t bytes, uint32_t count, uint32_t *capacity)
{
	uint32_t grown = *capacity ? 2 * *capacity : LEAST;

	if (count < *capacity) {
		return true;
	}
	void *moved = realloc(*items, grown * bytes);
	if (moved) {
		*items = moved;
		*capacity = grown;
	}
	return moved != NULL;
}

static void add_told(struct archive_known *known, const struct flow_record *flow)
{
	struct told *told = find_told(known, flow);
	void *flows = known->flows;

	if (!told) {
		bool has_room =
			grow(&flows, sizeof(*told), known->flow_count, &known->flow_capacity);
		known->flows = flows;
		if (!has_room ||
			!hash_table_put(&known->flow_table, flow->flow_id, known->flow_count)) {
			return;
		}
		told = &known->flows[known->flow_count++];
		*told = (struct told){ .flow_id = flow->flow_id,
			.flow_start_ns = flow->flow_start_ns };
	}
	for (unsigned end = 0; end < 2; end++) {
		told->packets[end] += flow->total_packets[end];
		told->bytes[end] += flow->total_bytes[end];
	}
}

/* The first of those ends stands for them in the table. */
static void link_ends(struct archive_known *known, uint32_t place)
{
	struct held *held = &known->records[place];
	uint32_t before =
		hash_table_find(&known->ends, held->ends, has_ends, known->records, &held->ends);

	if (before == NONE) {
		held->next = NONE;
		hash_table_put(&known->ends, held->ends, place);
	} else {
		held->next = known->records[before].next;
		known->records[before].next = place;
	}
}

static void add(struct archive_known *known, const struct archived *archived)
{
	const struct flow_record *flow = &archived->record.flow;
	uint64_t hash = hash_of(known, flow->flow_id, flow->part, flow->start_ns);
	void *records = known->records;

	if (find(known, hash)) {
		return;
	}
	bool has_room = grow(&records, sizeof(struct held), known->count, &known->capacity);
	known->records = records;
	if (!has_room || !hash_table_put(&known->table, hash, known->count)) {
		return;
	}
	known->records[known->count] = (struct held){ .hash = hash,
		.ends = hash_of_ends(known, &archived->record, &archived->labels),
		.flow_id = flow->flow_id,
		.flow_start_ns = flow->flow_start_ns,
		.start_ns = flow->start_ns,
		.end_ns = flow->end_ns,
		.packets = { flow->packets[0], flow->packets[1] },
		.bytes = { flow->bytes[0], flow->bytes[1] } };
	link_ends(known, known->count++);
	if (flow->is_last) {
		add_told(known, flow);
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
			add(known, &archived[i]);
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

static uint64_t less(uint64_t number, uint64_t by)
{
	return by < number ? number - by : 0;
}

static void take_off(struct flow_record *flow, const struct held *sum, uint32_t part)
{
	flow->part = part;
	flow->start_ns = sum->end_ns < flow->end_ns ? sum->end_ns : flow->end_ns;
	for (unsigned end = 0; end < 2; end++) {
		flow->packets[end] = less(flow->packets[end], sum->packets[end]);
		flow->bytes[end] = less(flow->bytes[end], sum->bytes[end]);
	}
}

/* Last only where something is left. A way that was seen stays so: it has a packet at least. */
static void take_off_told(struct flow_record *flow, const struct told *told)
{
	uint64_t packets[2];

	for (unsigned end = 0; end < 2; end++) {
		packets[end] = less(flow->total_packets[end], told->packets[end]);
	}
	flow->is_last = packets[0] + packets[1] > 0;
	for (unsigned end = 0; end < 2 && flow->is_last; end++) {
		flow->total_bytes[end] = less(flow->total_bytes[end], told->bytes[end]);
		flow->total_packets[end] =
			packets[end] || !flow->total_packets[end] ? packets[end] : 1;
	}
}

static bool is_same_flow(const struct held *held, const struct flow_record *flow)
{
	return held->flow_id == flow->flow_id && held->flow_start_ns == flow->flow_start_ns;
}

/* Of the same ends at the same time, with another beginning: one of the two began in the middle. */
static bool overlaps(const struct archive_known *known, const struct record *record,
	const struct record_labels *labels)
{
	const struct flow_record *flow = &record->flow;
	uint64_t ends = hash_of_ends(known, record, labels);
	uint32_t place = hash_table_find(&known->ends, ends, has_ends, known->records, &ends);

	for (unsigned steps = 0; place != NONE && steps < STEPS_MAX; steps++) {
		const struct held *held = &known->records[place];
		if (!is_same_flow(held, flow) && held->start_ns <= flow->end_ns &&
			flow->start_ns <= held->end_ns) {
			return true;
		}
		place = held->next;
	}
	return false;
}

enum archive_known_answer archive_known_ask(struct archive_known *known,
	const struct record *record, const struct record_labels *labels, struct record *rest)
{
	const struct flow_record *flow = &record->flow;
	uint32_t part;

	know_day(known, flow->start_ns / DAY_NS);
	if (known->count == 0) {
		return ARCHIVE_KNOWS_NOTHING;
	}
	const struct held *first =
		find(known, hash_of(known, flow->flow_id, flow->part, flow->start_ns));
	const struct told *told = flow->is_last ? find_told(known, flow) : NULL;
	if (!first) {
		known->stats.overlapping += overlaps(known, record, labels);
	}
	if (!first && !told) {
		return ARCHIVE_KNOWS_NOTHING;
	}
	record_copy(rest, record);
	if (first) {
		known->stats.records++;
		struct held sum = sum_of(known, flow, first, &part);
		if (flow->packets[0] <= sum.packets[0] && flow->packets[1] <= sum.packets[1]) {
			return ARCHIVE_KNOWS_ALL;
		}
		known->stats.shorter++;
		take_off(&rest->flow, &sum, part);
	}
	if (told) {
		take_off_told(&rest->flow, told);
	}
	return ARCHIVE_KNOWS_LESS;
}

struct archive_known_stats archive_known_stats(const struct archive_known *known)
{
	return known->stats;
}

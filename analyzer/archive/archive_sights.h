/* Sights: what each of several archives saw of the parts of flows, record by record.
 *
 * A way is named by its sender, the same in whatever direction an archive took the flow to go: the
 * end with the higher port; of equal ports ours, else the source.
 *
 * Memory   96 bytes a record, and who the devices were.
 * Threads  one.
 * Failure  without memory a record is not among them. */
#pragma once

#include "analyzer/archive/archive.h"
#include "analyzer/archive/archive_skew.h"
#include "base/hash_table.h"

enum { SIGHT_WAYS = 2 };

struct sight {
	uint64_t bytes[SIGHT_WAYS];
	uint64_t start_ns; /* of the record */
	uint64_t from_ns, last_ns;
	uint64_t began_ns; /* the flow, as far as the sensor saw */
	uint32_t packets[SIGHT_WAYS];
	uint32_t retransmissions;
	uint32_t device; /* place */
	uint32_t next;   /* of the same part; one more than its place */
	uint8_t archive, tcp_state, tcp_flags[SIGHT_WAYS];
	bool start_seen;
	uint8_t source_way;
};

struct sight_device {
	struct record_device device; /* no identity where there is a pseudonym */
	char pseudonym[PSEUDONYM_LENGTH + 1];
};

struct archive_sights {
	struct sight *items;
	uint32_t count, capacity;
	struct sight_device *devices;
	uint32_t device_count, device_capacity;
	struct hash_table by_device;
};

/* What the archives saw of one part: a list of places, each one more than it is; 0 none. */
struct sights {
	uint32_t first, last, count;
};

void archive_sights_deinit(struct archive_sights *all);

/* What is read of a record here. */
void archive_sights_ask(struct field_set *fields);

/* What a record of an archive shows; none without memory. */
struct sights archive_sights_note(struct archive_sights *all, unsigned archive, bool is_whole,
	const struct archived *archived);

/* All of two parts that are the same. */
void archive_sights_add(struct archive_sights *all, struct sights *to, const struct sights *from);

/* Walks through a list: first its first, then each one's next. NULL at the end. */
static inline const struct sight *archive_sight_at(const struct archive_sights *all, uint32_t place)
{
	return place ? &all->items[place - 1] : NULL;
}

/* Is a record among them? */
bool archive_sights_hold(const struct archive_sights *all, const struct sights *sights,
	unsigned archive, uint64_t start_ns);

/* Is each of them one way of it? */
bool archive_sights_meet(
	const struct archive_sights *all, const struct sights *one, const struct sights *other);

/* Has one archive records of both at one time? Then they are of two flows. */
bool archive_sights_clash(
	const struct archive_sights *all, const struct sights *one, const struct sights *other);

/* Of a flow that several archives saw begin: when each did. */
void archive_sights_compare_clocks(
	const struct archive_sights *all, const struct sights *sights, struct archive_skew *skew);

/* The end of a record that sends the first way, and its packets of this part or of the flow. */
unsigned archive_sight_first_end(const struct record *record);
const uint64_t *archive_sight_packets(const struct flow_record *flow, bool is_whole);

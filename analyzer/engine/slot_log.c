#include "analyzer/engine/slot_log.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/detect/profile.h"
#include "analyzer/rollup/rollup.h"
#include "base/clock.h"
#include "base/quick_hash.h"

enum { ALIKE = 8192, ALIKE_S = 10, LEAST_ROOM = 64 };

struct slot_log {
	struct slot **slots; /* in order */
	uint32_t count, room;
	uint32_t closed; /* slots up to this one are over */
	uint32_t first;  /* that was ever opened */
	uint64_t late, missed;
	uint64_t alike[ALIKE]; /* calls by device, place and time */
};

struct slot_log *slot_log_create(void)
{
	return calloc(1, sizeof(struct slot_log));
}

static void free_slot(struct slot *slot)
{
	free(slot->lines);
	free(slot->calls);
	free(slot->flows);
	free(slot->names);
	hash_table_deinit(&slot->table);
	hash_table_deinit(&slot->alike);
	free(slot);
}

void slot_log_destroy(struct slot_log *log)
{
	if (log) {
		for (uint32_t i = 0; i < log->count; i++) {
			free_slot(log->slots[i]);
		}
		free(log->slots);
		free(log);
	}
}

/* Room for one more of an array that doubles. */
static bool make_room(void *array, uint32_t count, uint32_t *room, size_t bytes)
{
	uint32_t more = *room ? 2 * *room : LEAST_ROOM;
	void *grown, *old;

	if (count < *room) {
		return true;
	}
	memcpy(&old, array, sizeof(old));
	grown = realloc(old, more * bytes);
	if (grown) {
		memcpy(array, &grown, sizeof(grown));
		*room = more;
	}
	return grown != NULL;
}

/* The slot, opened where it is not; NULL where it is over, or there is no memory. */
static struct slot *open_slot(struct slot_log *log, uint32_t number)
{
	uint32_t at = log->count, since = log->closed > log->first ? log->closed : log->first;

	if (number <= log->closed) {
		log->late++;
		return NULL;
	}
	if (since > 0 && number > since + ROLLUP_DAYS_MAX * SLOTS_A_DAY) {
		log->missed++; /* a time that nobody believes */
		return NULL;
	}
	while (at > 0 && log->slots[at - 1]->number >= number) {
		at--;
	}
	if (at < log->count && log->slots[at]->number == number) {
		return log->slots[at];
	}
	struct slot *slot = calloc(1, sizeof(*slot));
	if (!slot || !make_room(&log->slots, log->count, &log->room, sizeof(struct slot *))) {
		free(slot);
		log->missed++;
		return NULL;
	}
	slot->number = number;
	log->first = log->first ? log->first : number;
	memmove(&log->slots[at + 1], &log->slots[at], (log->count - at) * sizeof(struct slot *));
	log->slots[at] = slot;
	log->count++;
	return slot;
}

static uint64_t hash_of(const struct cell_key *key)
{
	uint64_t words[CELL_KEY_WORDS], hash = 0;

	memcpy(words, key, sizeof(words));
	for (unsigned i = 0; i < CELL_KEY_WORDS; i++) {
		hash = quick_hash(hash, words[i]);
	}
	return hash;
}

static bool is_line(const void *lines, uint32_t place, const void *key)
{
	return cell_key_equal(&((const struct slot_line *)lines)[place].key, key);
}

static struct slot_line *find_line(struct slot_log *log, struct slot *slot, struct cell_key key)
{
	key.slot = 0;
	uint64_t hash = hash_of(&key);
	uint32_t place = hash_table_find(&slot->table, hash, is_line, slot->lines, &key);

	if (place != HASH_TABLE_NONE) {
		return &slot->lines[place];
	}
	if (slot->line_count == SLOT_LINES_MAX ||
		!make_room(
			&slot->lines, slot->line_count, &slot->line_room, sizeof(*slot->lines)) ||
		!hash_table_put(&slot->table, hash, slot->line_count)) {
		log->missed++;
		return NULL;
	}
	struct slot_line *line = &slot->lines[slot->line_count++];
	*line = (struct slot_line){ .key = key };
	return line;
}

void slot_log_take_cells(struct slot_log *log, const struct cell *cells, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct cell *cell = &cells[i];
		struct slot *slot = cell->key.slot && cell_crosses_border(&cell->key)
					    ? open_slot(log, cell->key.slot)
					    : NULL;
		struct slot_line *line = slot ? find_line(log, slot, cell->key) : NULL;
		if (line) {
			line->flows += cell->sums.flows;
			line->bytes_up += cell->sums.bytes_up;
			line->bytes_down += cell->sums.bytes_down;
		}
	}
}

/* One call in five minutes says that a device is on, and in ten seconds that it called there. */
static bool is_alike(
	struct slot_log *log, const struct record *record, uint64_t device, uint64_t destination)
{
	uint64_t seconds = destination ? ALIKE_S : SLOT_NS / NS_PER_S;
	uint64_t time = record->flow.start_ns / (seconds * NS_PER_S);
	uint64_t hash =
		quick_hash(quick_hash(device, destination ? destination : record->place.asn),
			time << 16 | record->decision.unit);
	uint64_t *place = &log->alike[hash % ALIKE];
	bool was_there = *place == hash;

	*place = hash;
	return was_there;
}

/* Could it have been found by a name? Protocols that are found otherwise are not asked. */
static bool is_unresolved(const struct record *record)
{
	const struct l7_info *l7 = &record->l7;
	bool has_talked = record->flow.bytes[0] > 0 && record->flow.bytes[1] > 0;

	return l7->name_count == 0 && has_talked && record->flow.start_seen &&
	       (l7->protocol == L7_UNKNOWN || l7->protocol == L7_TLS || l7->protocol == L7_HTTP);
}

static uint32_t keep_name(struct slot *slot, const char *name)
{
	uint32_t length = (uint32_t)strlen(name) + 1, at = slot->name_bytes;

	while (slot->name_room < at + length) {
		if (!make_room(&slot->names, slot->name_room, &slot->name_room, 1)) {
			return 0;
		}
	}
	memcpy(slot->names + at, name, length);
	slot->name_bytes += length;
	return at;
}

static uint64_t destination_of(const struct record *record)
{
	const char *name = l7_info_domain(&record->l7);
	uint64_t hash =
		*name ? quick_hash_text(0, name) : quick_hash_addr(1, record_remote_addr(record));

	return hash ? hash : 1;
}

void slot_log_take_call(struct slot_log *log, const struct record *record, uint64_t device)
{
	const struct flow_record *flow = &record->flow;
	bool is_known = record->verdict.app != 0 && !record->verdict.inferred;

	if (flow->part != 0 || record->direction != RECORD_DIRECTION_OUTBOUND) {
		return;
	}
	uint64_t destination = is_known ? 0 : destination_of(record);
	if (is_alike(log, record, device, destination)) {
		return;
	}
	struct slot *slot = open_slot(log, (uint32_t)(flow->start_ns / SLOT_NS));
	if (!slot || slot->call_count == SLOT_CALLS_MAX ||
		!make_room(
			&slot->calls, slot->call_count, &slot->call_room, sizeof(*slot->calls))) {
		log->missed += slot != NULL;
		return;
	}
	struct slot_call *call = &slot->calls[slot->call_count++];
	*call = (struct slot_call){ .time_ns = flow->start_ns,
		.flow_id = flow->flow_id,
		.bytes_up = record_bytes_up(record),
		.bytes_down = record_bytes_down(record),
		.device = record->device.kind == DEVICE_MANY ? 0 : device,
		.destination = destination,
		.remote = *record_remote_addr(record),
		.asn = record->place.asn,
		.organization = record->place.organization,
		.name = keep_name(slot, is_known ? "" : l7_info_domain(&record->l7)),
		.unit = record->decision.unit,
		.is_known = is_known,
		.is_unresolved = !is_known && is_unresolved(record) };
	memcpy(call->country, record->place.country, sizeof(call->country));
	if (call->device) {
		call->own = *record_own_addr(record);
		call->device_of = record->device;
	}
}

static bool is_flow_alike(const void *flows, uint32_t place, const void *key)
{
	const struct slot_flow *one = (const struct slot_flow *)flows + place, *other = key;

	return one->unit == other->unit && one->app == other->app &&
	       memcmp(one->country, other->country, sizeof(one->country)) == 0;
}

static bool is_less(const struct slot_flow *one, const struct slot_flow *other)
{
	return one->is_leak != other->is_leak
		       ? other->is_leak
		       : one->bytes_up + one->bytes_down < other->bytes_up + other->bytes_down;
}

/* A place for one more, behind the last that is alike; NULL where there is no room. */
static struct slot_flow *add_flow(
	struct slot_log *log, struct slot *slot, uint64_t hash, struct slot_flow *last)
{
	uint32_t place = slot->flow_count, after = last ? (uint32_t)(last - slot->flows) : 0;

	if (place == SLOT_FLOWS_MAX ||
		!make_room(&slot->flows, place, &slot->flow_room, sizeof(*slot->flows)) ||
		(!last && !hash_table_put(&slot->alike, hash, place))) {
		log->missed++;
		return NULL;
	}
	if (last) {
		slot->flows[after].next = place;
	}
	slot->flows[place] = (struct slot_flow){ .next = HASH_TABLE_NONE };
	slot->flow_count++;
	return &slot->flows[place];
}

/* Where the flow stands already, else a new place, else that of the least that is alike; NULL
 * where it is less than that. */
static struct slot_flow *find_flow(
	struct slot_log *log, struct slot *slot, const struct slot_flow *flow)
{
	uint64_t country = (uint64_t)(uint8_t)flow->country[0] << 8 | (uint8_t)flow->country[1];
	uint64_t hash = quick_hash(quick_hash(flow->unit, flow->app), country);
	uint32_t place = hash_table_find(&slot->alike, hash, is_flow_alike, slot->flows, flow);
	struct slot_flow *least = NULL, *last = NULL;
	unsigned count = 0;

	for (; place != HASH_TABLE_NONE; place = last->next, count++) {
		last = &slot->flows[place];
		if (last->flow_id == flow->flow_id) {
			return last;
		}
		least = !least || is_less(last, least) ? last : least;
	}
	if (count < SLOT_FLOWS_ALIKE) {
		return add_flow(log, slot, hash, last);
	}
	return is_less(least, flow) ? least : NULL;
}

/* Did a block let through what its rule is there to stop? */
static bool is_leak(const struct record *record)
{
	return record->decision.block == BLOCK_PASSED &&
	       policy_verdict_is_to_be_stopped(record->decision.verdict);
}

static struct slot_flow flow_of(const struct record *record)
{
	struct slot_flow flow = { .flow_id = record->flow.flow_id,
		.flow_start_ns = record->flow.flow_start_ns,
		.start_ns = record->flow.start_ns,
		.bytes_up = record_bytes_up(record),
		.bytes_down = record_bytes_down(record),
		.own = *record_own_addr(record),
		.device = record->device,
		.asn = record->place.asn,
		.organization = record->place.organization,
		.unit = record->decision.unit,
		.app = record->verdict.inferred ? 0 : record->verdict.app,
		.zone = record->place.zone,
		.is_leak = is_leak(record) };

	memcpy(flow.country, record->place.country, sizeof(flow.country));
	memcpy(flow.parent, record->verdict.parent_country, sizeof(flow.parent));
	return flow;
}

void slot_log_take_flow(struct slot_log *log, const struct record *record)
{
	struct slot *slot = record->direction == RECORD_DIRECTION_OUTBOUND ||
					    record->direction == RECORD_DIRECTION_INBOUND
				    ? open_slot(log, (uint32_t)(record->flow.end_ns / SLOT_NS))
				    : NULL;
	struct slot_flow flow = flow_of(record);
	struct slot_flow *place = slot ? find_flow(log, slot, &flow) : NULL;

	if (!place) {
		return;
	}
	if (place->flow_id == flow.flow_id) {
		place->bytes_up += flow.bytes_up;
		place->bytes_down += flow.bytes_down;
		place->is_leak |= flow.is_leak;
		return;
	}
	flow.next = place->next;
	flow.name = keep_name(slot, l7_info_domain(&record->l7));
	*place = flow;
}

void slot_log_note_frames(struct slot_log *log, uint32_t number, uint64_t frames, uint64_t dropped)
{
	struct slot *slot = number > log->closed ? open_slot(log, number) : NULL;

	if (slot) {
		slot->frames += frames;
		slot->dropped += dropped;
	}
}

static int compare_calls(const void *left, const void *right)
{
	const struct slot_call *a = left, *b = right;

	if (a->time_ns != b->time_ns) {
		return a->time_ns < b->time_ns ? -1 : 1;
	}
	return a->flow_id < b->flow_id ? -1 : a->flow_id > b->flow_id;
}

static bool is_sorted(const struct slot *slot)
{
	uint32_t at = 1;

	while (at < slot->call_count &&
		compare_calls(&slot->calls[at - 1], &slot->calls[at]) <= 0) {
		at++;
	}
	return at >= slot->call_count;
}

struct slot *slot_log_first(struct slot_log *log)
{
	struct slot *slot = log->count > 0 ? log->slots[0] : NULL;

	if (slot && !is_sorted(slot)) {
		qsort(slot->calls, slot->call_count, sizeof(*slot->calls), compare_calls);
	}
	return slot;
}

void slot_log_close(struct slot_log *log, uint32_t number)
{
	uint32_t gone = 0;

	while (gone < log->count && log->slots[gone]->number <= number) {
		free_slot(log->slots[gone++]);
	}
	log->count -= gone;
	memmove(log->slots, log->slots + gone, log->count * sizeof(struct slot *));
	log->closed = number > log->closed ? number : log->closed;
}

uint32_t slot_log_open_count(const struct slot_log *log)
{
	return log->count;
}

uint64_t slot_log_late(const struct slot_log *log)
{
	return log->late;
}

uint64_t slot_log_missed(const struct slot_log *log)
{
	return log->missed;
}

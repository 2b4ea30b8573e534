#include "analyzer/archive/archive_sights.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "collector/packet.h"

enum { LEAST = 256 };

void archive_sights_deinit(struct archive_sights *all)
{
	hash_table_deinit(&all->by_device);
	free(all->devices);
	free(all->items);
	*all = (struct archive_sights){ .items = NULL };
}

void archive_sights_ask(struct field_set *fields)
{
	static const char *const paths[] = { "borderflow.flow.id", "source.packets",
		"destination.packets", "source.bytes", "destination.bytes",
		"borderflow.flow.total_source_packets", "borderflow.flow.total_destination_packets",
		"borderflow.flow.total_source_bytes", "borderflow.flow.total_destination_bytes",
		"network.iana_number", "network.direction", "borderflow.own_side",
		"borderflow.flow.start_seen", "source.port", "destination.port",
		"borderflow.device", "borderflow.device_kind", "borderflow.device_identity",
		"borderflow.seen", "borderflow.end_reason", "borderflow.tcp.state",
		"borderflow.tcp.retransmissions", "borderflow.tcp.source_flags",
		"borderflow.tcp.destination_flags" };

	for (unsigned i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		field_set_add_alone(fields, field_find(paths[i], strlen(paths[i])));
	}
}

/* The end that sends the first way. */
unsigned archive_sight_first_end(const struct record *record)
{
	const struct flow_record *flow = &record->flow;
	bool one_is_ours = record->direction == RECORD_DIRECTION_OUTBOUND ||
			   record->direction == RECORD_DIRECTION_INBOUND;

	if (flow->source_port != flow->destination_port) {
		return flow->source_port < flow->destination_port;
	}
	return one_is_ours && record->own_side == RECORD_DESTINATION;
}

const uint64_t *archive_sight_packets(const struct flow_record *flow, bool is_whole)
{
	return is_whole ? flow->total_packets : flow->packets;
}

static bool is_device(const void *devices, uint32_t place, const void *key)
{
	return memcmp((const struct sight_device *)devices + place, key,
		       sizeof(struct sight_device)) == 0;
}

/* UINT32_MAX: without memory. */
static uint32_t device_of(struct archive_sights *all, const struct archived *archived)
{
	struct sight_device wanted;

	memset(&wanted, 0, sizeof(wanted)); /* compared whole */
	memcpy(wanted.pseudonym, archived->labels.device, strlen(archived->labels.device));
	wanted.device.kind = archived->record.device.kind;
	if (!wanted.pseudonym[0]) {
		wanted.device.identity = archived->record.device.identity;
	}
	const struct hash_key key = hash_key_fixed("devices of sights");
	uint64_t hash = hash_bytes(&key, &wanted, sizeof(wanted));
	uint32_t place = hash_table_find(&all->by_device, hash, is_device, all->devices, &wanted);

	if (place != HASH_TABLE_NONE) {
		return place;
	}
	if (all->device_count == all->device_capacity) {
		uint32_t capacity = all->device_capacity ? 2 * all->device_capacity : LEAST;
		struct sight_device *devices = realloc(all->devices, capacity * sizeof(*devices));
		if (!devices) {
			return UINT32_MAX;
		}
		all->devices = devices;
		all->device_capacity = capacity;
	}
	if (!hash_table_put(&all->by_device, hash, all->device_count)) {
		return UINT32_MAX;
	}
	all->devices[all->device_count] = wanted;
	return all->device_count++;
}

static uint32_t at_most_32(uint64_t count)
{
	return count < UINT32_MAX ? (uint32_t)count : UINT32_MAX;
}

struct sights archive_sights_note(struct archive_sights *all, unsigned archive, bool is_whole,
	const struct archived *archived)
{
	const struct flow_record *flow = &archived->record.flow;
	const uint64_t *packets = archive_sight_packets(flow, is_whole);
	const uint64_t *bytes = is_whole ? flow->total_bytes : flow->bytes;
	unsigned first = archive_sight_first_end(&archived->record);
	struct sights none = { 0 };

	if (all->count == all->capacity) {
		uint32_t capacity = all->capacity ? 2 * all->capacity : LEAST;
		struct sight *items = realloc(all->items, capacity * sizeof(*items));
		if (!items) {
			return none;
		}
		all->items = items;
		all->capacity = capacity;
	}
	uint32_t device = device_of(all, archived);
	if (device == UINT32_MAX) {
		return none;
	}
	struct sight *sight = &all->items[all->count++];
	*sight = (struct sight){ .start_ns = flow->start_ns,
		.from_ns = is_whole ? flow->flow_start_ns : flow->start_ns,
		.last_ns = flow->end_ns,
		.began_ns = flow->flow_start_ns,
		.retransmissions = flow->retransmissions,
		.device = device,
		.archive = (uint8_t)archive,
		.tcp_state = flow->tcp_state,
		.start_seen = flow->start_seen,
		.source_way = (uint8_t)first };
	for (unsigned way = 0; way < SIGHT_WAYS; way++) {
		sight->packets[way] = at_most_32(packets[first ^ way]);
		sight->bytes[way] = bytes[first ^ way];
		sight->tcp_flags[way] = flow->tcp_flags[first ^ way];
	}
	return (struct sights){ all->count, all->count, 1 };
}

void archive_sights_add(struct archive_sights *all, struct sights *to, const struct sights *from)
{
	if (to->count == 0 || from->count == 0) {
		*to = to->count == 0 ? *from : *to;
		return;
	}
	all->items[to->last - 1].next = from->first;
	to->last = from->last;
	to->count += from->count;
}

bool archive_sights_hold(const struct archive_sights *all, const struct sights *sights,
	unsigned archive, uint64_t start_ns)
{
	const struct sight *sight = archive_sight_at(all, sights->first);

	while (sight && (sight->archive != archive || sight->start_ns != start_ns)) {
		sight = archive_sight_at(all, sight->next);
	}
	return sight != NULL;
}

/* The one way that was seen; SIGHT_WAYS: both, or none. */
static unsigned only_way(const struct archive_sights *all, const struct sights *sights)
{
	bool is_seen[SIGHT_WAYS] = { false };

	for (const struct sight *sight = archive_sight_at(all, sights->first); sight;
		sight = archive_sight_at(all, sight->next)) {
		is_seen[0] |= sight->packets[0] > 0;
		is_seen[1] |= sight->packets[1] > 0;
	}
	return is_seen[0] == is_seen[1] ? SIGHT_WAYS : is_seen[1];
}

bool archive_sights_meet(
	const struct archive_sights *all, const struct sights *one, const struct sights *other)
{
	unsigned way = only_way(all, one), other_way = only_way(all, other);

	return way != SIGHT_WAYS && other_way != SIGHT_WAYS && way != other_way;
}

bool archive_sights_clash(
	const struct archive_sights *all, const struct sights *one, const struct sights *other)
{
	for (const struct sight *a = archive_sight_at(all, one->first); a;
		a = archive_sight_at(all, a->next)) {
		for (const struct sight *b = archive_sight_at(all, other->first); b;
			b = archive_sight_at(all, b->next)) {
			if (a->archive == b->archive && a->from_ns < b->last_ns &&
				b->from_ns < a->last_ns) {
				return true;
			}
		}
	}
	return false;
}

/* Bits of the ways that a handshake was seen of. */
static unsigned handshake(const struct sight *sight)
{
	return ((sight->tcp_flags[0] & TCP_SYN) != 0) | ((sight->tcp_flags[1] & TCP_SYN) != 0) << 1;
}

void archive_sights_compare_clocks(
	const struct archive_sights *all, const struct sights *sights, struct archive_skew *skew)
{
	const struct sight *first = archive_sight_at(all, sights->first);
	uint64_t compared = first ? UINT64_C(1) << first->archive : 0;

	for (const struct sight *sight = first; sight; sight = archive_sight_at(all, sight->next)) {
		if (compared >> sight->archive & 1 || !handshake(first) || !handshake(sight)) {
			continue;
		}
		bool is_same = handshake(first) == handshake(sight) ||
			       (handshake(first) & handshake(sight) & 1 << first->source_way);
		archive_skew_note(skew, is_same ? SKEW_SAME : SKEW_ANSWERED, first->archive,
			first->began_ns, sight->archive, sight->began_ns);
		compared |= UINT64_C(1) << sight->archive;
	}
}

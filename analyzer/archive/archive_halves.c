#include "analyzer/archive/archive_halves.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "collector/packet.h"

enum { LEAST = 256 };

struct half {
	uint64_t bytes, last_ns;
	uint64_t began_ns; /* the flow, as far as the sensor saw */
	uint64_t taker_ns; /* beginning of the record that it completes; 0: of none so far */
	uint32_t packets, retransmissions, taker_part;
	uint32_t device; /* place */
	uint8_t archive, tcp_state, tcp_flags;
	bool start_seen;
	bool is_source; /* whoever sent it began */
};

struct half_device {
	struct record_device device; /* no identity where there is a pseudonym */
	char pseudonym[PSEUDONYM_LENGTH + 1];
};

void archive_halves_deinit(struct archive_halves *halves)
{
	hash_table_deinit(&halves->by_device);
	free(halves->devices);
	free(halves->items);
	*halves = (struct archive_halves){ .items = NULL };
}

void archive_halves_ask(struct field_set *fields)
{
	static const char *const paths[] = { "borderflow.flow.id", "source.packets",
		"destination.packets", "source.bytes", "destination.bytes",
		"borderflow.flow.total_source_packets", "borderflow.flow.total_destination_packets",
		"borderflow.flow.total_source_bytes", "borderflow.flow.total_destination_bytes",
		"network.iana_number", "network.direction", "borderflow.own_side",
		"borderflow.flow.start_seen", "source.port", "destination.port",
		"borderflow.device_kind", "borderflow.device_identity", "borderflow.seen",
		"borderflow.tcp.state", "borderflow.tcp.retransmissions",
		"borderflow.tcp.source_flags", "borderflow.tcp.destination_flags" };

	for (unsigned i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		field_set_add_alone(fields, field_find(paths[i], strlen(paths[i])));
	}
}

/* The end that sends the first way. */
static unsigned first_end(const struct record *record)
{
	const struct flow_record *flow = &record->flow;
	bool one_is_ours = record->direction == RECORD_DIRECTION_OUTBOUND ||
			   record->direction == RECORD_DIRECTION_INBOUND;

	if (flow->source_port != flow->destination_port) {
		return flow->source_port < flow->destination_port;
	}
	return one_is_ours && record->own_side == RECORD_DESTINATION;
}

static const uint64_t *packets_of(const struct flow_record *flow, bool is_whole)
{
	return is_whole ? flow->total_packets : flow->packets;
}

static bool is_device(const void *devices, uint32_t place, const void *key)
{
	return memcmp((const struct half_device *)devices + place, key,
		       sizeof(struct half_device)) == 0;
}

/* UINT32_MAX: without memory. */
static uint32_t device_of(struct archive_halves *halves, const struct archived *archived)
{
	struct half_device wanted;

	memset(&wanted, 0, sizeof(wanted)); /* compared whole */
	memcpy(wanted.pseudonym, archived->labels.device, strlen(archived->labels.device));
	wanted.device.kind = archived->record.device.kind;
	if (!wanted.pseudonym[0]) {
		wanted.device.identity = archived->record.device.identity;
	}
	const struct hash_key key = hash_key_fixed("devices of halves");
	uint64_t hash = hash_bytes(&key, &wanted, sizeof(wanted));
	uint32_t place =
		hash_table_find(&halves->by_device, hash, is_device, halves->devices, &wanted);

	if (place != HASH_TABLE_NONE) {
		return place;
	}
	if (halves->device_count == halves->device_capacity) {
		uint32_t capacity = halves->device_capacity ? 2 * halves->device_capacity : LEAST;
		struct half_device *devices = realloc(halves->devices, capacity * sizeof(*devices));
		if (!devices) {
			return UINT32_MAX;
		}
		halves->devices = devices;
		halves->device_capacity = capacity;
	}
	if (!hash_table_put(&halves->by_device, hash, halves->device_count)) {
		return UINT32_MAX;
	}
	halves->devices[halves->device_count] = wanted;
	return halves->device_count++;
}

struct half_ways archive_halves_note(struct archive_halves *halves, unsigned archive, bool is_whole,
	const struct archived *archived)
{
	const struct flow_record *flow = &archived->record.flow;
	const uint64_t *packets = packets_of(flow, is_whole);
	unsigned end = packets[0] ? 0 : 1;
	struct half_ways ways = { { 0 } };

	if ((packets[0] != 0) == (packets[1] != 0)) {
		return ways;
	}
	if (halves->count == halves->capacity) {
		uint32_t capacity = halves->capacity ? 2 * halves->capacity : LEAST;
		struct half *items = realloc(halves->items, capacity * sizeof(*items));
		if (!items) {
			return ways;
		}
		halves->items = items;
		halves->capacity = capacity;
	}
	uint32_t device = device_of(halves, archived);
	if (device == UINT32_MAX) {
		return ways;
	}
	halves->items[halves->count] = (struct half){
		.bytes = is_whole ? flow->total_bytes[end] : flow->bytes[end],
		.packets = packets[end] < UINT32_MAX ? (uint32_t)packets[end] : UINT32_MAX,
		.last_ns = flow->end_ns,
		.retransmissions = flow->retransmissions,
		.device = device,
		.archive = (uint8_t)archive,
		.tcp_state = flow->tcp_state,
		.tcp_flags = flow->tcp_flags[end],
		.start_seen = flow->start_seen,
		.began_ns = flow->flow_start_ns,
		.is_source = end == 0,
	};
	ways.of[first_end(&archived->record) != end] = ++halves->count;
	return ways;
}

static void add_up(struct half *to, const struct half *from)
{
	to->bytes += from->bytes;
	to->packets += from->packets;
	to->retransmissions += from->retransmissions;
	to->last_ns = from->last_ns > to->last_ns ? from->last_ns : to->last_ns;
	to->tcp_state = from->tcp_state > to->tcp_state ? from->tcp_state : to->tcp_state;
	to->tcp_flags |= from->tcp_flags;
	to->start_seen |= from->start_seen;
}

void archive_halves_give(
	struct archive_halves *halves, struct half_ways *to, struct half_ways *from)
{
	for (unsigned way = 0; way < HALF_WAYS; way++) {
		uint32_t had = to->of[way], given = from->of[way];
		from->of[way] = 0;
		if (!had || !given) {
			to->of[way] = had ? had : given;
			continue;
		}
		struct half *half = &halves->items[had - 1], *other = &halves->items[given - 1];
		if (half->archive == other->archive) {
			add_up(half, other);
		} else if (other->packets > half->packets) {
			to->of[way] = given;
		}
	}
	halves->have_met |= to->of[0] && to->of[1];
}

bool archive_halves_meet(const struct archive_halves *halves, const struct half_ways *one,
	const struct half_ways *other, bool *are_of_one_device)
{
	for (unsigned way = 0; way < HALF_WAYS; way++) {
		if (one->of[way] && !one->of[!way] && other->of[!way] && !other->of[way]) {
			*are_of_one_device = halves->items[one->of[way] - 1].device ==
					     halves->items[other->of[!way] - 1].device;
			return true;
		}
	}
	return false;
}

/* What both sides said together: an answer that only the other sensor saw is one. */
static uint8_t state_of(const struct flow_record *flow, uint8_t one, uint8_t other)
{
	uint8_t further = one > other ? one : other;
	uint8_t asked = flow->tcp_flags[0], answered = flow->tcp_flags[1], said = asked | answered;

	if (further == TCP_STATE_NONE) {
		return TCP_STATE_NONE;
	}
	if ((asked & TCP_SYN) && !(asked & TCP_ACK) && (answered & TCP_RST) &&
		!(answered & TCP_SYN)) {
		return TCP_STATE_REFUSED;
	}
	if (further == TCP_STATE_SYN_ACK && (asked & TCP_ACK)) {
		further = TCP_STATE_ESTABLISHED;
	}
	if (further == TCP_STATE_ESTABLISHED && (said & TCP_RST)) {
		return TCP_STATE_RESET;
	}
	return further == TCP_STATE_CLOSING && (asked & answered & TCP_FIN) ? TCP_STATE_CLOSED
									    : further;
}

static void swap(uint64_t of_ends[2])
{
	uint64_t kept = of_ends[0];

	of_ends[0] = of_ends[1];
	of_ends[1] = kept;
}

/* The other end began. */
static void turn_around(struct record *record)
{
	struct flow_record *flow = &record->flow;
	struct flow_record as_was = *flow;

	flow->source = as_was.destination;
	flow->destination = as_was.source;
	flow->source_port = as_was.destination_port;
	flow->destination_port = as_was.source_port;
	swap(flow->packets);
	swap(flow->bytes);
	swap(flow->total_packets);
	swap(flow->total_bytes);
	for (unsigned end = 0; end < 2; end++) {
		flow->tcp_flags[end] = as_was.tcp_flags[!end];
		flow->wrapped[end] = as_was.wrapped[!end];
	}
	if (record->direction == RECORD_DIRECTION_OUTBOUND ||
		record->direction == RECORD_DIRECTION_INBOUND) {
		record->direction = record->direction == RECORD_DIRECTION_OUTBOUND
					    ? RECORD_DIRECTION_INBOUND
					    : RECORD_DIRECTION_OUTBOUND;
		record->own_side =
			record->own_side == RECORD_SOURCE ? RECORD_DESTINATION : RECORD_SOURCE;
	}
}

/* Where each saw one side speak, and took it for the one that began: did the half's? */
static bool began_before(const struct half *half, unsigned end, const struct flow_record *flow)
{
	if (end == 0 || !half->is_source || flow->packets[1] || flow->total_packets[1]) {
		return false;
	}
	return half->start_seen != flow->start_seen ? half->start_seen
						    : half->began_ns < flow->flow_start_ns;
}

/* Who sees a device's own packets knows better who it is. */
static void put_device(struct archived *archived, const struct half_device *device)
{
	struct record *record = &archived->record;
	struct addr *own = record->own_side == RECORD_SOURCE ? &record->flow.source
							     : &record->flow.destination;

	record->device = device->device;
	memcpy(archived->labels.device, device->pseudonym, sizeof(device->pseudonym));
	if (device->pseudonym[0]) {
		*own = record_is_to_all(own) ? *own : archive_stand_in(device->pseudonym);
		record->device.identity = *own;
	}
}

static void complete_way(const struct archive_halves *halves, const struct half *half, unsigned end,
	bool is_whole, struct archived *archived)
{
	struct record *record = &archived->record;
	struct flow_record *flow = &record->flow;
	uint64_t *packets = is_whole ? flow->total_packets : flow->packets;
	uint64_t *bytes = is_whole ? flow->total_bytes : flow->bytes;

	if (flow->total_packets[end] == 0) {
		flow->retransmissions += half->retransmissions;
	}
	if (!is_whole) {
		flow->total_packets[end] += half->packets - packets[end];
		flow->total_bytes[end] += half->bytes > bytes[end] ? half->bytes - bytes[end] : 0;
	}
	packets[end] = half->packets;
	bytes[end] = half->bytes;
	flow->end_ns = half->last_ns > flow->end_ns ? half->last_ns : flow->end_ns;
	flow->tcp_flags[end] |= half->tcp_flags;
	flow->tcp_state = state_of(flow, flow->tcp_state, half->tcp_state);
	flow->start_seen |= half->start_seen;
	record->seen =
		flow->total_packets[0] && flow->total_packets[1] ? RECORD_SEEN_BOTH : record->seen;
	if (end == (record->own_side == RECORD_SOURCE ? 0 : 1)) {
		put_device(archived, &halves->devices[half->device]);
	}
}

void archive_halves_complete(struct archive_halves *halves, const struct half_ways *ways,
	unsigned archive, bool is_whole, bool is_several, struct archived *archived)
{
	const struct flow_record *flow = &archived->record.flow;

	for (unsigned way = 0; way < HALF_WAYS; way++) {
		struct half *half = ways->of[way] ? &halves->items[ways->of[way] - 1] : NULL;
		unsigned end = first_end(&archived->record) ^ way;
		uint64_t own = packets_of(flow, is_whole)[end];
		if (!half || half->archive == archive || half->packets <= own ||
			(own > 0 && is_several)) {
			continue;
		}
		if (half->taker_ns == 0) {
			half->taker_ns = flow->start_ns;
			half->taker_part = flow->part;
		}
		if (half->taker_ns == flow->start_ns && half->taker_part == flow->part) {
			if (began_before(half, end, flow)) {
				turn_around(&archived->record);
				end = 0;
			}
			complete_way(halves, half, end, is_whole, archived);
		}
	}
}

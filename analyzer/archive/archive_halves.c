#include "analyzer/archive/archive_halves.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/archive/archive_once.h"
#include "base/hash.h"
#include "collector/packet.h"

enum { LEAST = 256 };

struct sight {
	uint64_t bytes[HALF_WAYS];
	uint64_t start_ns; /* of the record */
	uint64_t from_ns, last_ns;
	uint64_t began_ns; /* the flow, as far as the sensor saw */
	uint32_t packets[HALF_WAYS];
	uint32_t retransmissions;
	uint32_t device; /* place */
	uint32_t next;   /* of the same part; one more than its place */
	uint8_t archive, tcp_state, tcp_flags[HALF_WAYS];
	bool start_seen;
	uint8_t source_way;
};

struct half {
	uint64_t bytes, last_ns; /* bytes and packets: those that the teller lacks */
	uint64_t began_ns;
	uint64_t taker_ns; /* beginning of the record that it completes; 0: of none so far */
	uint64_t taker_packets, taker_bytes; /* as that has them alone */
	uint32_t packets, retransmissions, taker_part;
	uint32_t device; /* place */
	uint8_t tcp_state, tcp_flags;
	bool start_seen;
	bool is_source; /* whoever sent it began */
	bool is_most;   /* the teller saw less than half of it */
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
	free(halves->sights);
	*halves = (struct archive_halves){ .sights = NULL };
}

void archive_halves_ask(struct field_set *fields)
{
	static const char *const paths[] = { "borderflow.flow.id", "source.packets",
		"destination.packets", "source.bytes", "destination.bytes",
		"borderflow.flow.total_source_packets", "borderflow.flow.total_destination_packets",
		"borderflow.flow.total_source_bytes", "borderflow.flow.total_destination_bytes",
		"network.iana_number", "network.direction", "borderflow.own_side",
		"borderflow.flow.start_seen", "source.port", "destination.port",
		"borderflow.device", "borderflow.device_kind", "borderflow.device_identity",
		"borderflow.seen", "borderflow.tcp.state", "borderflow.tcp.retransmissions",
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

static uint32_t at_most_32(uint64_t count)
{
	return count < UINT32_MAX ? (uint32_t)count : UINT32_MAX;
}

struct sights archive_halves_note(struct archive_halves *halves, unsigned archive, bool is_whole,
	const struct archived *archived)
{
	const struct flow_record *flow = &archived->record.flow;
	const uint64_t *packets = packets_of(flow, is_whole);
	const uint64_t *bytes = is_whole ? flow->total_bytes : flow->bytes;
	unsigned first = first_end(&archived->record);
	struct sights none = { 0 };

	if (halves->sight_count == halves->sight_capacity) {
		uint32_t capacity = halves->sight_capacity ? 2 * halves->sight_capacity : LEAST;
		struct sight *sights = realloc(halves->sights, capacity * sizeof(*sights));
		if (!sights) {
			return none;
		}
		halves->sights = sights;
		halves->sight_capacity = capacity;
	}
	uint32_t device = device_of(halves, archived);
	if (device == UINT32_MAX) {
		return none;
	}
	struct sight *sight = &halves->sights[halves->sight_count++];
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
	for (unsigned way = 0; way < HALF_WAYS; way++) {
		sight->packets[way] = at_most_32(packets[first ^ way]);
		sight->bytes[way] = bytes[first ^ way];
		sight->tcp_flags[way] = flow->tcp_flags[first ^ way];
	}
	return (struct sights){ halves->sight_count, halves->sight_count, 1 };
}

void archive_halves_add(struct archive_halves *halves, struct sights *to, const struct sights *from)
{
	if (to->count == 0 || from->count == 0) {
		*to = to->count == 0 ? *from : *to;
		return;
	}
	halves->sights[to->last - 1].next = from->first;
	to->last = from->last;
	to->count += from->count;
}

/* Walks through a list. */
static const struct sight *sight_at(const struct archive_halves *halves, uint32_t place)
{
	return place ? &halves->sights[place - 1] : NULL;
}

bool archive_halves_hold(const struct archive_halves *halves, const struct sights *sights,
	unsigned archive, uint64_t start_ns)
{
	const struct sight *sight = sight_at(halves, sights->first);

	while (sight && (sight->archive != archive || sight->start_ns != start_ns)) {
		sight = sight_at(halves, sight->next);
	}
	return sight != NULL;
}

/* The one way that was seen; HALF_WAYS: both, or none. */
static unsigned only_way(const struct archive_halves *halves, const struct sights *sights)
{
	bool is_seen[HALF_WAYS] = { false };

	for (const struct sight *sight = sight_at(halves, sights->first); sight;
		sight = sight_at(halves, sight->next)) {
		is_seen[0] |= sight->packets[0] > 0;
		is_seen[1] |= sight->packets[1] > 0;
	}
	return is_seen[0] == is_seen[1] ? HALF_WAYS : is_seen[1];
}

bool archive_halves_meet(const struct archive_halves *halves, const struct sights *one,
	const struct sights *other, bool *are_of_one_device)
{
	unsigned way = only_way(halves, one), other_way = only_way(halves, other);

	if (way == HALF_WAYS || other_way == HALF_WAYS || way == other_way) {
		return false;
	}
	*are_of_one_device =
		halves->sights[one->first - 1].device == halves->sights[other->first - 1].device;
	return true;
}

bool archive_halves_clash(
	const struct archive_halves *halves, const struct sights *one, const struct sights *other)
{
	for (const struct sight *a = sight_at(halves, one->first); a;
		a = sight_at(halves, a->next)) {
		for (const struct sight *b = sight_at(halves, other->first); b;
			b = sight_at(halves, b->next)) {
			if (a->archive == b->archive && a->from_ns < b->last_ns &&
				b->from_ns < a->last_ns) {
				return true;
			}
		}
	}
	return false;
}

struct seen_way {
	uint64_t packets, bytes;
};

static void count_way(const struct archive_halves *halves, const struct sights *sights,
	unsigned way, struct seen_way seen[ARCHIVE_ONCE_MAX])
{
	memset(seen, 0, ARCHIVE_ONCE_MAX * sizeof(seen[0]));
	for (const struct sight *sight = sight_at(halves, sights->first); sight;
		sight = sight_at(halves, sight->next)) {
		seen[sight->archive].packets += sight->packets[way];
		seen[sight->archive].bytes += sight->bytes[way];
	}
}

/* Whoever saw the most packets of a way, the teller before others that saw as many. */
static unsigned fullest(const struct seen_way seen[ARCHIVE_ONCE_MAX], unsigned teller)
{
	unsigned most = teller;

	for (unsigned i = 0; i < ARCHIVE_ONCE_MAX; i++) {
		if (seen[i].packets > seen[most].packets ||
			(seen[i].packets == seen[most].packets &&
				seen[i].bytes > seen[most].bytes)) {
			most = i;
		}
	}
	return most;
}

/* What one archive knows of a way besides how much it was. */
static void describe(const struct archive_halves *halves, const struct sights *sights,
	unsigned archive, unsigned way, struct half *half)
{
	for (const struct sight *sight = sight_at(halves, sights->first); sight;
		sight = sight_at(halves, sight->next)) {
		if (sight->archive != archive || sight->packets[way] == 0) {
			continue;
		}
		bool is_earlier = half->began_ns == 0 || sight->began_ns < half->began_ns;
		half->began_ns = is_earlier ? sight->began_ns : half->began_ns;
		half->is_source = is_earlier ? sight->source_way == way : half->is_source;
		half->device = is_earlier ? sight->device : half->device;
		half->last_ns = sight->last_ns > half->last_ns ? sight->last_ns : half->last_ns;
		half->retransmissions += sight->packets[!way] ? 0 : sight->retransmissions;
		half->tcp_state =
			sight->tcp_state > half->tcp_state ? sight->tcp_state : half->tcp_state;
		half->tcp_flags |= sight->tcp_flags[way];
		half->start_seen |= sight->start_seen;
	}
}

static struct half *append(struct archive_halves *halves)
{
	if (halves->count == halves->capacity) {
		uint32_t capacity = halves->capacity ? 2 * halves->capacity : LEAST;
		struct half *items = realloc(halves->items, capacity * sizeof(*items));
		if (!items) {
			return NULL;
		}
		halves->items = items;
		halves->capacity = capacity;
	}
	return &halves->items[halves->count++];
}

struct half_ways archive_halves_lack(
	struct archive_halves *halves, const struct sights *sights, unsigned teller)
{
	struct half_ways ways = { { 0 } };
	struct seen_way seen[ARCHIVE_ONCE_MAX];

	for (unsigned way = 0; way < HALF_WAYS; way++) {
		count_way(halves, sights, way, seen);
		unsigned most = fullest(seen, teller);
		uint64_t bytes = seen[most].bytes;
		for (unsigned i = 0; i < ARCHIVE_ONCE_MAX; i++) {
			bytes = seen[i].bytes > bytes ? seen[i].bytes : bytes;
		}
		uint64_t lacking = seen[most].packets - seen[teller].packets;
		if (lacking == 0 && bytes == seen[teller].bytes) {
			continue;
		}
		struct half *half = append(halves);
		if (!half) {
			return ways;
		}
		*half = (struct half){ .packets = at_most_32(lacking),
			.bytes = bytes - seen[teller].bytes,
			.is_most = 2 * seen[teller].packets < seen[most].packets };
		describe(halves, sights, most, way, half);
		ways.of[way] = halves->count;
	}
	return ways;
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

	if (flow->total_packets[end] == 0) {
		flow->retransmissions += half->retransmissions;
	}
	uint64_t *packets = is_whole ? flow->total_packets : flow->packets;
	uint64_t *bytes = is_whole ? flow->total_bytes : flow->bytes;
	uint64_t more_packets = half->taker_packets + half->packets - packets[end];
	uint64_t more_bytes = half->taker_bytes + half->bytes - bytes[end];
	packets[end] += more_packets;
	bytes[end] += more_bytes;
	if (!is_whole) {
		flow->total_packets[end] += more_packets;
		flow->total_bytes[end] += more_bytes;
	}
	flow->end_ns = half->last_ns > flow->end_ns ? half->last_ns : flow->end_ns;
	flow->tcp_flags[end] |= half->tcp_flags;
	flow->tcp_state = state_of(flow, flow->tcp_state, half->tcp_state);
	flow->start_seen |= half->start_seen;
	record->seen =
		flow->total_packets[0] && flow->total_packets[1] ? RECORD_SEEN_BOTH : record->seen;
	if (half->is_most && end == (record->own_side == RECORD_SOURCE ? 0 : 1)) {
		put_device(archived, &halves->devices[half->device]);
	}
}

void archive_halves_complete(struct archive_halves *halves, const struct half_ways *ways,
	bool is_whole, struct archived *archived)
{
	const struct flow_record *flow = &archived->record.flow;

	for (unsigned way = 0; way < HALF_WAYS; way++) {
		struct half *half = ways->of[way] ? &halves->items[ways->of[way] - 1] : NULL;
		unsigned end = first_end(&archived->record) ^ way;
		if (!half) {
			continue;
		}
		if (half->taker_ns == 0) {
			half->taker_ns = flow->start_ns;
			half->taker_part = flow->part;
			half->taker_packets = packets_of(flow, is_whole)[end];
			half->taker_bytes = (is_whole ? flow->total_bytes : flow->bytes)[end];
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

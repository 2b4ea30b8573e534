#include "analyzer/archive/archive_halves.h"

#include <stdlib.h>

#include "analyzer/archive/archive_once.h"
#include "collector/packet.h"

enum { LEAST = 256 };

#define DELAY_NS (100 * NS_PER_MS) /* no packet takes longer from one sensor to another */

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
	bool is_least;  /* there was more, nobody knows how much */
};

/* What an archive saw of a way in one record, on the clock of all. */
struct span {
	uint64_t from_ns, last_ns, packets, bytes;
	uint8_t archive;
};

/* A time of a way of which several archives may have seen the same packets: what each saw. */
struct stretch {
	uint64_t from_ns, last_ns;
	uint64_t archives; /* bits */
	struct span seen[ARCHIVE_ONCE_MAX];
};

/* A way, stretch by stretch. */
struct way_sum {
	uint64_t packets, bytes;
	uint64_t teller_packets, teller_bytes;
	uint64_t fullest; /* bits of archives */
	bool is_least;
};

void archive_halves_deinit(struct archive_halves *halves)
{
	free(halves->items);
	free(halves->spans);
	*halves = (struct archive_halves){ .items = NULL };
}

static int compare_spans(const void *left, const void *right)
{
	const struct span *one = left, *other = right;

	if (one->from_ns != other->from_ns) {
		return one->from_ns < other->from_ns ? -1 : 1;
	}
	return one->archive - other->archive;
}

/* In order of time. False without memory. */
static bool gather_spans(struct archive_halves *halves, const struct archive_sights *all,
	const struct archive_skew *skew, const struct sights *sights, unsigned way)
{
	if (halves->span_capacity < sights->count) {
		struct span *spans = realloc(halves->spans, sights->count * sizeof(*spans));
		if (!spans) {
			return false;
		}
		halves->spans = spans;
		halves->span_capacity = sights->count;
	}
	halves->span_count = 0;
	for (const struct sight *sight = archive_sight_at(all, sights->first); sight;
		sight = archive_sight_at(all, sight->next)) {
		if (sight->packets[way] > 0) {
			halves->spans[halves->span_count++] = (struct span){
				.from_ns = archive_skew_time(skew, sight->archive, sight->from_ns),
				.last_ns = archive_skew_time(skew, sight->archive, sight->last_ns),
				.packets = sight->packets[way],
				.bytes = sight->bytes[way],
				.archive = sight->archive,
			};
		}
	}
	qsort(halves->spans, halves->span_count, sizeof(*halves->spans), compare_spans);
	return true;
}

/* What clocks are wrong by may bring two spans together that seem to follow each other: all of one
 * of them, or a little of both. */
static bool goes_on(
	const struct stretch *stretch, const struct span *span, const struct archive_skew *skew)
{
	uint64_t unsure_ns = 0;

	if (span->from_ns < stretch->last_ns) {
		return true;
	}
	for (uint64_t left = stretch->archives; left != 0; left &= left - 1) {
		unsigned archive = (unsigned)__builtin_ctzll(left);
		if (archive != span->archive && skew->unsure_ns[archive] > unsure_ns) {
			unsure_ns = skew->unsure_ns[archive];
		}
	}
	if (unsure_ns > 0 && skew->unsure_ns[span->archive] > unsure_ns) {
		unsure_ns = skew->unsure_ns[span->archive];
	}
	return span->from_ns <= stretch->from_ns + unsure_ns ||
	       span->last_ns <= stretch->last_ns + unsure_ns;
}

static void widen(struct span *to, const struct span *from)
{
	to->from_ns = from->from_ns < to->from_ns ? from->from_ns : to->from_ns;
	to->last_ns = from->last_ns > to->last_ns ? from->last_ns : to->last_ns;
	to->packets += from->packets;
	to->bytes += from->bytes;
}

static void add_span(struct stretch *stretch, const struct span *span)
{
	uint64_t bit = UINT64_C(1) << span->archive;

	if (!(stretch->archives & bit)) {
		stretch->seen[span->archive] = *span;
	} else {
		widen(&stretch->seen[span->archive], span);
	}
	stretch->archives |= bit;
	stretch->last_ns = span->last_ns > stretch->last_ns ? span->last_ns : stretch->last_ns;
}

/* May another one have seen packets that the fullest did not? Surely at a time when that one saw
 * nothing, or by clocks that nothing compares seems to; and where it saw a good part of them,
 * neither strays nor what is left when a few are lost: it may have come later to the same, or gone,
 * or be where the rest went. */
static bool may_have_more(
	const struct span *seen, const struct span *most, const struct archive_skew *skew)
{
	enum { LEAST_PACKETS = 8, SOME = 16 };
	uint64_t unsure_ns = skew->unsure_ns[seen->archive];
	bool is_good_part = most->packets >= LEAST_PACKETS &&
			    seen->packets * SOME > most->packets &&
			    (most->packets - seen->packets) * SOME > most->packets;

	return is_good_part || seen->from_ns + unsure_ns < most->from_ns ||
	       seen->last_ns > most->last_ns + unsure_ns ||
	       seen->from_ns > most->last_ns + DELAY_NS || most->from_ns > seen->last_ns + DELAY_NS;
}

/* Who saw the most packets tells it, the teller before others that saw as many. */
static void add_stretch(struct way_sum *sum, const struct stretch *stretch, unsigned teller,
	const struct archive_skew *skew)
{
	const struct span none = { .packets = 0 }, *most = &none;
	uint64_t bytes = 0;

	if (stretch->archives >> teller & 1) {
		most = &stretch->seen[teller];
		sum->teller_packets += most->packets;
		sum->teller_bytes += most->bytes;
	}
	for (uint64_t left = stretch->archives; left != 0; left &= left - 1) {
		const struct span *seen = &stretch->seen[__builtin_ctzll(left)];
		bytes = seen->bytes > bytes ? seen->bytes : bytes;
		if (seen->packets > most->packets ||
			(seen->packets == most->packets && seen->bytes > most->bytes)) {
			most = seen;
		}
	}
	sum->packets += most->packets;
	sum->bytes += bytes;
	sum->fullest |= UINT64_C(1) << most->archive;
	for (uint64_t left = stretch->archives; left != 0; left &= left - 1) {
		sum->is_least |= may_have_more(&stretch->seen[__builtin_ctzll(left)], most, skew);
	}
}

static struct way_sum add_up(
	const struct archive_halves *halves, const struct archive_skew *skew, unsigned teller)
{
	struct way_sum sum = { .packets = 0 };
	struct stretch stretch = { .archives = 0 };

	for (uint32_t i = 0; i < halves->span_count; i++) {
		const struct span *span = &halves->spans[i];
		if (stretch.archives && !goes_on(&stretch, span, skew)) {
			add_stretch(&sum, &stretch, teller, skew);
			stretch.archives = 0;
		}
		if (!stretch.archives) {
			stretch.from_ns = span->from_ns;
			stretch.last_ns = span->last_ns;
		}
		add_span(&stretch, span);
	}
	if (stretch.archives) {
		add_stretch(&sum, &stretch, teller, skew);
	}
	return sum;
}

/* What some archives know of a way besides how much it was. */
static void describe(const struct archive_sights *all, const struct sights *sights,
	uint64_t archives, unsigned way, struct half *half)
{
	for (const struct sight *sight = archive_sight_at(all, sights->first); sight;
		sight = archive_sight_at(all, sight->next)) {
		if (!(archives >> sight->archive & 1) || sight->packets[way] == 0) {
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

static uint32_t at_most_32(uint64_t count)
{
	return count < UINT32_MAX ? (uint32_t)count : UINT32_MAX;
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

struct half_ways archive_halves_lack(struct archive_halves *halves,
	const struct archive_sights *all, const struct archive_skew *skew,
	const struct sights *sights, unsigned teller)
{
	struct half_ways ways = { { 0 } };

	for (unsigned way = 0; way < SIGHT_WAYS; way++) {
		if (!gather_spans(halves, all, skew, sights, way)) {
			return ways;
		}
		struct way_sum sum = add_up(halves, skew, teller);
		uint64_t packets = sum.packets - sum.teller_packets;
		uint64_t bytes = sum.bytes - sum.teller_bytes;
		if (packets == 0 && bytes == 0 && !sum.is_least) {
			continue;
		}
		struct half *half = append(halves);
		if (!half) {
			return ways;
		}
		*half = (struct half){ .packets = at_most_32(packets),
			.bytes = bytes,
			.is_most = 2 * sum.teller_packets < sum.packets,
			.is_least = sum.is_least };
		describe(all, sights, sum.fullest, way, half);
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

static bool is_over(uint8_t tcp_state)
{
	return tcp_state == TCP_STATE_CLOSED || tcp_state == TCP_STATE_REFUSED ||
	       tcp_state == TCP_STATE_RESET;
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
	record->at_least = (uint8_t)((record->at_least & 1) << 1 | record->at_least >> 1);
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
static void put_device(struct archived *archived, const struct sight_device *device)
{
	struct record *record = &archived->record;

	record->device = device->device;
	memcpy(archived->labels.device, device->pseudonym, sizeof(device->pseudonym));
	archive_put_stand_in(archived);
	if (device->pseudonym[0]) {
		record->device.identity = *record_own_addr(record);
	}
}

static void complete_way(const struct archive_sights *all, const struct half *half, unsigned end,
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
	flow->end = flow->is_last && is_over(flow->tcp_state) ? FLOW_END_CLOSED : flow->end;
	flow->start_seen |= half->start_seen;
	record->at_least |= (uint8_t)(half->is_least << end);
	record->seen =
		flow->total_packets[0] && flow->total_packets[1] ? RECORD_SEEN_BOTH : record->seen;
	if (half->is_most && end == (record->own_side == RECORD_SOURCE ? 0 : 1)) {
		put_device(archived, &all->devices[half->device]);
	}
}

void archive_halves_complete(struct archive_halves *halves, const struct archive_sights *all,
	const struct half_ways *ways, bool is_whole, struct archived *archived)
{
	const struct flow_record *flow = &archived->record.flow;

	for (unsigned way = 0; way < SIGHT_WAYS; way++) {
		struct half *half = ways->of[way] ? &halves->items[ways->of[way] - 1] : NULL;
		unsigned end = archive_sight_first_end(&archived->record) ^ way;
		if (!half) {
			continue;
		}
		if (half->taker_ns == 0) {
			half->taker_ns = flow->start_ns;
			half->taker_part = flow->part;
			half->taker_packets = archive_sight_packets(flow, is_whole)[end];
			half->taker_bytes = (is_whole ? flow->total_bytes : flow->bytes)[end];
		}
		if (half->taker_ns == flow->start_ns && half->taker_part == flow->part) {
			if (began_before(half, end, flow)) {
				turn_around(&archived->record);
				end = 0;
			}
			complete_way(all, half, end, is_whole, archived);
		}
	}
}

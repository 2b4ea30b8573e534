#include "collector/flow_table.h"

#include <assert.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "collector/flow_context.h"
#include "base/clock.h"
#include "collector/flow_expiry.h"
#include "collector/flow_initiator.h"
#include "collector/flow_numbers.h"
#include "collector/flow_report.h"
#include "collector/flow_split.h"
#include "collector/flow_tcp.h"
#include "collector/reserve.h"

/* Packets that another core has just decoded come from its cache, each line some 100 ns away: so
 * many are on their way at once. */
enum { PACKETS_AHEAD = 16 };

#define LONG_BATCH_NS (60 * NS_PER_S)

static int init_families(struct flow_table *table)
{
	for (unsigned is_v6 = 0; is_v6 < 2; is_v6++) {
		struct flow_family *family = &table->families[is_v6];
		int error = flow_slab_init(&family->slab, is_v6, table->limit + FLOW_SLACK);
		if (!error) {
			error = flow_index_init(&family->index, &family->slab, table->kernels);
		}
		if (error) {
			return error;
		}
	}
	return 0;
}

struct flow_table *flow_table_create(const struct collector_options *options,
	const struct kernels *kernels, const struct contexts *contexts)
{
	struct flow_table *table = aligned_alloc(64, (sizeof(*table) + 63) / 64 * 64);
	uint32_t limit = options->flow_limit ? options->flow_limit : FLOW_LIMIT_DEFAULT;

	if (!table) {
		return NULL;
	}
	memset(table, 0, sizeof(*table));
	table->limit = limit < FLOW_LIMIT_MOST ? limit : FLOW_LIMIT_MOST;
	table->worker = options->worker;
	table->id_key = options->id_key;
	table->id_key_next = options->id_key_next;
	table->id_next_ns = options->id_next_ns ? options->id_next_ns : UINT64_MAX;
	table->kernels = kernels;
	table->contexts = contexts;
	table->context_rule = options->context;
	bool is_tracked = options->marks || options->locates;
	table->track = is_tracked ? flow_track_create(options->marks, options->locates,
					    table->limit + FLOW_SLACK)
				  : NULL;
	table->context_ways = calloc(CONTEXT_COUNT_MAX, sizeof(*table->context_ways));
	table->context_pairs = calloc(CONTEXT_COUNT_MAX, sizeof(*table->context_pairs));
	flow_timeouts_init(&table->timeouts, options);
	const struct flow_timeouts *timeouts = &table->timeouts;
	flow_clock_init(&table->clock, timeouts->idle_tcp_ns > timeouts->idle_other_ns
					       ? timeouts->idle_tcp_ns
					       : timeouts->idle_other_ns);
	table->began_running_ns = table->sweep_due_ns = table->clock.running_ns;
	table->slot_length_ns = timeouts->whole_flows ? UINT64_MAX : SLOT_NS;
	table->due = reserve_map(FLOW_DUE_MAX * sizeof(*table->due));
	table->parts = reserve_map(FLOW_PARTS_MAX * sizeof(*table->parts));
	if ((is_tracked && !table->track) || !table->context_ways || !table->context_pairs ||
		!table->due || !table->parts || init_families(table) != 0) {
		flow_table_destroy(table);
		return NULL;
	}
	return table;
}

void flow_table_destroy(struct flow_table *table)
{
	if (!table) {
		return;
	}
	for (unsigned is_v6 = 0; is_v6 < 2; is_v6++) {
		flow_index_deinit(&table->families[is_v6].index);
		flow_slab_deinit(&table->families[is_v6].slab);
	}
	reserve_unmap(table->due, FLOW_DUE_MAX * sizeof(*table->due));
	reserve_unmap(table->parts, FLOW_PARTS_MAX * sizeof(*table->parts));
	flow_track_destroy(table->track);
	free(table->context_ways);
	free(table->context_pairs);
	free(table);
}

/* First stage: hashes, and the index lines on their way. */
static void hash_keys(struct flow_family *family)
{
	struct flow_lookups *lookups = &family->lookups;
	unsigned count = lookups->count;

	family->index.hash(&family->index.secret, lookups->keys, count, lookups->hashes);
	for (unsigned i = 0; i < count; i++) {
		const struct kernel_line *line =
			flow_index_line(&family->index, lookups->hashes[i]);
		__builtin_prefetch(line);
		lookups->lines[i] = line;
		lookups->tags[i] = flow_index_tag(lookups->hashes[i]);
	}
}

static inline const struct packet *packet_of(const void *key)
{
	return (const struct packet *)(const void *)((const uint8_t *)key -
						     offsetof(struct packet, key));
}

/* Second stage: the likely flow of each packet, and its record on the way; for a SYN also how the
 * flow began. */
static inline __attribute__((always_inline)) void match_tags(struct flow_table *table, bool is_v6)
{
	struct flow_family *family = &table->families[is_v6];
	struct flow_lookups *lookups = &family->lookups;
	unsigned count = lookups->count;

	table->kernels->match(lookups->lines, lookups->tags, count, lookups->numbers);
	for (unsigned i = 0; i < count; i++) {
		uint32_t number = lookups->numbers[i];
		if (__builtin_expect(number == FLOW_NONE, 0)) {
			continue;
		}
		const uint8_t *record = flow_slab_key_of(&family->slab, number, is_v6);
		__builtin_prefetch(record);
		if (is_v6) {
			__builtin_prefetch(record + FLOW_RECORD_BYTES_V6 - 1);
		}
		if (table->track) {
			flow_track_fetch(table->track, number, is_v6);
		}
		if (packet_of(lookups->keys[i])->tcp_flags & TCP_SYN) {
			__builtin_prefetch(flow_slab_opening(&family->slab, number), 1);
		}
	}
}

/* The flow of lookup i. What the second stage found may be over by now, or opened since. */
static inline __attribute__((always_inline)) uint32_t find_flow(struct flow_table *table,
	struct flow_family *family, unsigned i, const struct packet *packet, bool is_v6)
{
	const struct flow_lookups *lookups = &family->lookups;
	const unsigned key_bytes = is_v6 ? sizeof(struct flow_key6) : sizeof(struct flow_key4);
	uint32_t number = lookups->numbers[i];

	if (__builtin_expect(number != FLOW_NONE, 1)) {
		const void *key = flow_slab_key_of(&family->slab, number, is_v6);
		if (flow_slab_state_of(&family->slab, number, is_v6)->flags & FLOW_LIVE &&
			flow_keys_match(key, &packet->key, packet->context, key_bytes)) {
			return number;
		}
	}
	return flow_context_find(table, family, lookups->hashes[i], packet);
}

/* Is it a SYN, and not the answer to one? */
static inline bool is_strange_syn(const struct flow_state *state, const struct packet *packet)
{
	return packet->tcp_flags & TCP_SYN &&
	       (!(packet->tcp_flags & TCP_ACK) || state->tcp_state != TCP_STATE_SYN);
}

/* May something be due before this packet joins the flow? Cheap, and true rather too often. A
 * packet not older than the flow's last one, and younger than its slot, is in the same slot as
 * that. */
static inline bool needs_care(const struct flow_table *table, const struct flow_state *state,
	const struct packet *packet, uint64_t now_ns, uint64_t in_slot_ns)
{
	uint64_t soonest_ns = table->timeouts.soonest_ns;
	uint64_t most_ns = soonest_ns < in_slot_ns ? soonest_ns : in_slot_ns;
	unsigned end = packet_end(packet);
	uint32_t bytes;

	return (now_ns - state->running_ns > soonest_ns) |
	       (packet->time_ns - state->end_ns > most_ns) |
	       __builtin_add_overflow(state->bytes[end], packet->ip_bytes, &bytes) |
	       (state->packets[end] == FLOW_PACKETS_FULL) | is_strange_syn(state, packet) |
	       state->tcp_has_syn | state->tcp_is_over;
}

static inline uint8_t packet_protocol(const struct packet *packet)
{
	return packet->flags & PACKET_V6 ? packet->key.v6.protocol : packet->key.v4.protocol;
}

static void note_opened(struct flow_table *table, struct collector_batch *batch, uint32_t flow,
	unsigned at, uint32_t after)
{
	const struct packet *packets = batch->packets.packets;

	/* In a capture of hours in one batch the sweep may have been there in between. */
	if (after == FLOW_NONE && table->due_count > table->due_taken &&
		packets[at].time_ns - packets[0].time_ns > LONG_BATCH_NS) {
		after = flow_split_find_ended(table, &packets[at]);
	}
	if (after != FLOW_NONE && !flow_numbers_go_on(flow_table_slab(table, after),
					  flow_table_number(after), &packets[at])) {
		after = FLOW_NONE;
	}
	batch->opened_after[batch->opened_count] = after;
	batch->opened[batch->opened_count] = flow;
	batch->opened_packet[batch->opened_count++] = (uint16_t)at;
	table->flows_opened++;
	if (flow_table_live(table) > table->flows_most) {
		table->flows_most = flow_table_live(table);
	}
}

/* What a router tells its link is worth reading; of other ICMP nothing is. */
static bool is_router_word(const struct packet *packet)
{
	const uint16_t advertisement_be = htons(134); /* RFC 4861, 4.2; in place of a port */

	return packet->flags & PACKET_V6 && packet->key.v6.protocol == IPPROTO_ICMPV6 &&
	       (packet->key.v6.port_be[0] == advertisement_be ||
		       packet->key.v6.port_be[1] == advertisement_be);
}

static uint8_t first_flags(const struct flow_table *table, const struct packet *packet)
{
	bool may_be_missed =
		table->clock.running_ns - table->began_running_ns < table->timeouts.idle_other_ns;
	struct flow_initiator initiator = flow_initiator_of(packet, may_be_missed);
	uint8_t protocol = packet_protocol(packet);
	unsigned flags = FLOW_LIVE;

	flags |= initiator.is_high ? FLOW_SOURCE_HIGH : 0;
	flags |= initiator.is_known ? FLOW_START_SEEN : 0;
	flags |= packet->flags & PACKET_ONE_ICMP_WAY ? FLOW_ONE_ICMP_WAY : 0;
	if (protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || is_router_word(packet)) {
		flags |= FLOW_WANTED_LOW | FLOW_WANTED_HIGH;
	}
	return (uint8_t)flags;
}

/* A flow's key is that of the packets, with the context of whoever opened it. */
static void flow_table_write_key(
	struct flow_slab *slab, uint32_t number, const struct packet *packet)
{
	void *key = flow_slab_key(slab, number);

	memcpy(key, &packet->key, slab->key_bytes);
	if (packet->flags & PACKET_V6) {
		((struct flow_key6 *)key)->context = packet->context;
	} else {
		((struct flow_key4 *)key)->context = packet->context;
	}
}

/* For the packet that is lookup i of its family. */
static uint32_t open_flow(struct flow_table *table, struct flow_family *family, unsigned i,
	const struct packet *packet, uint64_t now_ns)
{
	if (flow_table_live(table) >= table->limit) {
		flow_evict(table);
	}
	uint32_t number = flow_slab_take(&family->slab, table->packets);
	flow_table_write_key(&family->slab, number, packet);
	*flow_slab_state(&family->slab, number) = (struct flow_state){
		.end_ns = packet->time_ns,
		.running_ns = now_ns,
		.in_flight = { FLIGHT_UNKNOWN, FLIGHT_UNKNOWN },
		.flags = first_flags(table, packet),
	};
	*flow_slab_cold(&family->slab, number) = (struct flow_cold){
		.flow_start_ns = packet->time_ns,
		.start_ns = packet->time_ns,
	};
	*flow_slab_opening(&family->slab, number) = (struct flow_opening){
		.flags = packet->flags & PACKET_FROM_HIGH ? OPENING_BY_HIGH : 0,
	};
	family->slab.due[number] = flow_slab_coarse(now_ns + table->timeouts.open_ns);
	flow_index_add(&family->index, family->lookups.hashes[i], number);
	if (table->track) {
		flow_track_open(table->track, number, (packet->flags & PACKET_V6) != 0,
			flow_track_frame(table->track, packet).place);
	}
	return number;
}

static inline __attribute__((always_inline)) void count_packet(struct flow_table *table,
	uint32_t number, const struct packet *packet, uint64_t now_ns, bool is_v6)
{
	struct flow_family *family = &table->families[is_v6];
	struct flow_state *state = flow_slab_state_of(&family->slab, number, is_v6);
	uint8_t protocol = is_v6 ? packet->key.v6.protocol : packet->key.v4.protocol;
	unsigned end = packet_end(packet);

	state->packets[end]++;
	state->bytes[end] += packet->ip_bytes;
	state->running_ns = now_ns;
	if (packet->time_ns > state->end_ns) {
		state->end_ns = packet->time_ns;
	}
	if (__builtin_expect(!(table->context_ways[packet->context] & CONTEXT_BOTH_WAYS), 0)) {
		flow_context_learn(table, family, number, packet->context);
	}
	if (protocol == IPPROTO_TCP && !(packet->flags & PACKET_FRAGMENT)) {
		flow_tcp_see(table, number | (is_v6 ? FLOW_NUMBER_V6 : 0), state, packet);
	}
}

/* What was known of a TCP flow's numbers. */
struct flow_seen {
	uint32_t next_seq[2];
	uint8_t flags;
};

/* Where the sender's stream stood. Out of order, that is where it began, if its SYN told: what was
 * acknowledged before it was seen is still to come. No SYN was seen in the middle of a connection:
 * how that began is not worth a cache miss. */
static inline uint32_t stream_place(struct flow_table *table, const struct flow_state *state,
	uint32_t flow, const struct packet *packet, const struct flow_seen *before)
{
	unsigned is_high = packet_end(packet);
	uint32_t next_seq = before->next_seq[is_high];

	if (__builtin_expect(
		    (packet->tcp_seq == next_seq) | (state->tcp_state == TCP_STATE_MIDSTREAM), 1)) {
		return next_seq;
	}
	const struct flow_opening *opening = flow_table_opening(table, flow);
	return opening->flags & (OPENING_ISN_LOW << is_high) ? opening->isn[is_high] + 1 : next_seq;
}

/* before: the flow as it was before the packet joined it. */
static inline void queue_peek(struct flow_table *table, struct collector_batch *batch,
	const struct flow_state *state, uint32_t flow, unsigned at, const struct flow_seen *before)
{
	const struct packet *packet = &batch->packets.packets[at];
	unsigned is_high = packet_end(packet);

	if (packet->payload_bytes && !(packet->flags & PACKET_FRAGMENT) &&
		state->flags & (FLOW_WANTED_LOW << is_high)) {
		__builtin_prefetch(packet->payload);
		batch->peeks[batch->peek_count++] = (struct peek){ .flow = flow,
			.packet = (uint16_t)at,
			.from_source = is_high == ((state->flags & FLOW_SOURCE_HIGH) != 0),
			.has_next_seq = before->flags & (FLOW_SEQ_LOW << is_high),
			.has_peer_seq = before->flags & (FLOW_SEQ_LOW << !is_high),
			.next_seq = stream_place(table, state, flow, packet, before),
			.peer_seq = before->next_seq[!is_high],
			.has_acked_seq = state->in_flight[is_high] != FLIGHT_UNKNOWN,
			.acked_seq = state->next_seq[is_high] - state->in_flight[is_high] };
	}
}

/* The flow of packet at, which is lookup i of its family, was not found or is over: opens it.
 * ended: the flow that this one continues, FLOW_NONE for none. after: the one that ended. */
static uint32_t begin_flow(struct flow_table *table, struct collector_batch *batch, unsigned at,
	unsigned i, uint64_t now_ns, uint32_t ended, uint32_t after)
{
	const struct packet *packet = &batch->packets.packets[at];
	bool is_v6 = packet->flags & PACKET_V6;
	struct flow_family *family = &table->families[is_v6];
	uint32_t number = open_flow(table, family, i, packet, now_ns);

	if (ended != FLOW_NONE) {
		enum { INITIATOR = FLOW_SOURCE_HIGH | FLOW_START_SEEN };
		struct flow_state *state = flow_slab_state(&family->slab, number);
		state->flags &= (uint8_t)~INITIATOR;
		state->flags |= flow_slab_state(&family->slab, ended)->flags & INITIATOR;
	}
	uint32_t family_bit = is_v6 ? FLOW_NUMBER_V6 : 0;
	note_opened(table, batch, number | family_bit, at,
		after == FLOW_NONE ? FLOW_NONE : after | family_bit);
	return number;
}

/* The flow that was opened for the proof of a SYN began with that. */
static void begin_with_syn(struct flow_table *table, uint32_t number,
	const struct flow_reopen *reopen, uint64_t now_ns, bool is_v6)
{
	struct flow_slab *slab = &table->families[is_v6].slab;

	if (reopen->is_given_back) {
		flow_slab_state(slab, number)->end_ns = reopen->syn.time_ns;
		flow_slab_cold(slab, number)->flow_start_ns = reopen->syn.time_ns;
		flow_slab_cold(slab, number)->start_ns = reopen->syn.time_ns;
		count_packet(table, number, &reopen->syn, now_ns, is_v6);
		if (table->track) {
			flow_track_give(table->track, reopen->frame,
				*flow_track_serial(
					table->track, flow_table_number(reopen->flow), is_v6),
				number, is_v6);
		}
	}
}

/* What becomes of the frames of packets (flow_track.h). */
enum tracking { TRACKING_NONE, TRACKING_IN_ORDER, TRACKING_ANY };

/* Third stage, for packet at of the batch, which is lookup i of its family. */
static inline __attribute__((always_inline)) void take_packet(struct flow_table *table,
	struct collector_batch *batch, unsigned at, unsigned i, bool is_v6, enum tracking tracking)
{
	struct flow_family *family = &table->families[is_v6];
	const uint32_t family_bit = is_v6 ? FLOW_NUMBER_V6 : 0;
	const struct packet *packet = &batch->packets.packets[at];
	uint64_t now_ns = flow_clock_see(&table->clock, packet->time_ns);
	uint64_t in_slot_ns = packet->time_ns - table->slot_first_ns;
	uint32_t ended = FLOW_NONE, after = FLOW_NONE;

	if (__builtin_expect(in_slot_ns >= table->slot_length_ns, 0)) {
		table->slot_first_ns = packet->time_ns / SLOT_NS * SLOT_NS;
		in_slot_ns = packet->time_ns - table->slot_first_ns;
	}
	if (__builtin_expect(table->clock.running_ns >= table->sweep_due_ns, 0)) {
		flow_sweep(table);
	}
	uint32_t number = find_flow(table, family, i, packet, is_v6);
	if (__builtin_expect(number != FLOW_NONE, 1)) {
		const struct flow_state *state = flow_slab_state_of(&family->slab, number, is_v6);
		if (__builtin_expect(needs_care(table, state, packet, now_ns, in_slot_ns), 0)) {
			struct flow_reopen reopen;
			enum flow_next next =
				flow_meet(table, number | family_bit, packet, now_ns, &reopen);
			ended = next == FLOW_NEXT_CONTINUES ? number : FLOW_NONE;
			after = number;
			number = next == FLOW_NEXT_JOINS ? number : FLOW_NONE;
			if (next == FLOW_NEXT_REOPENS) {
				number = begin_flow(
					table, batch, at, i, now_ns, FLOW_NONE, FLOW_NONE);
				begin_with_syn(table, number, &reopen, now_ns, is_v6);
			}
		}
	}
	if (__builtin_expect(number == FLOW_NONE, 0)) {
		number = begin_flow(table, batch, at, i, now_ns, ended, after);
	}
	struct flow_state *state = flow_slab_state_of(&family->slab, number, is_v6);
	struct flow_seen before = { { state->next_seq[0], state->next_seq[1] }, state->flags };
	count_packet(table, number, packet, now_ns, is_v6);
	if (packet->tcp_flags & (TCP_FIN | TCP_RST)) {
		flow_hasten(table, &family->slab, number, now_ns);
	}
	queue_peek(table, batch, state, number | family_bit, at, &before);
	table->packets++;
	if (tracking == TRACKING_IN_ORDER) {
		flow_track_move(table->track, number, is_v6, at);
	} else if (tracking == TRACKING_ANY) {
		flow_track_count(table->track, number, is_v6, at);
	}
}

static inline __attribute__((always_inline)) void take_packets(struct flow_table *table,
	struct collector_batch *batch, unsigned from, unsigned to, enum tracking tracking)
{
	const struct packet_batch *packets = &batch->packets;
	unsigned next[2] = { 0, 0 };

	for (unsigned at = from; at < to; at++) {
		if (packets->packets[at].flags & PACKET_V6) {
			take_packet(table, batch, at, next[1]++, true, tracking);
		} else {
			take_packet(table, batch, at, next[0]++, false, tracking);
		}
	}
}

static __attribute__((noinline)) void take_tracked(
	struct flow_table *table, struct collector_batch *batch, unsigned from, unsigned to)
{
	table->track->packets = &batch->packets;
	if (__builtin_expect(flow_track_take_up(table->track, from, to), 1)) {
		take_packets(table, batch, from, to, TRACKING_IN_ORDER);
	} else {
		take_packets(table, batch, from, to, TRACKING_ANY);
	}
}

/* Sorts packets by family; their order within a family stays. */
static void gather_keys(
	struct flow_table *table, const struct packet_batch *packets, unsigned from, unsigned to)
{
	struct flow_lookups *v4 = &table->families[0].lookups, *v6 = &table->families[1].lookups;
	const void **next[2] = { v4->keys, v6->keys };

	for (unsigned at = from; at < to; at++) {
		const struct packet *packet = &packets->packets[at];
		__builtin_prefetch(packet + PACKETS_AHEAD);
		__builtin_prefetch((const char *)(packet + PACKETS_AHEAD) + 64);
		*next[(packet->flags & PACKET_V6) != 0]++ = &packet->key;
	}
	v4->count = (unsigned)(next[0] - v4->keys);
	v6->count = (unsigned)(next[1] - v6->keys);
}

/* Packets [from, to) of the batch, all stages. */
static void take_run(
	struct flow_table *table, struct collector_batch *batch, unsigned from, unsigned to)
{
	gather_keys(table, &batch->packets, from, to);
	hash_keys(&table->families[0]);
	hash_keys(&table->families[1]);
	match_tags(table, false);
	match_tags(table, true);
	if (__builtin_expect(table->track != NULL, 0)) {
		take_tracked(table, batch, from, to);
	} else {
		take_packets(table, batch, from, to, TRACKING_NONE);
	}
}

void flow_table_batch(struct flow_table *table, struct collector_batch *batch)
{
	unsigned count = batch->packets.count;

	assert(table->due_count == 0);
	batch->opened_count = batch->peek_count = 0;
	for (unsigned from = 0; from < count; from += FLOW_RUN_PACKETS) {
		unsigned left = count - from;
		take_run(table, batch, from,
			from + (left < FLOW_RUN_PACKETS ? left : FLOW_RUN_PACKETS));
	}
}

bool flow_table_tick(struct flow_table *table, uint64_t time_ns)
{
	assert(table->due_count == 0);
	flow_clock_see(&table->clock, time_ns);
	/* As many sweeps as packets of a batch may cause: the queues hold no more. */
	for (unsigned sweeps = 0; sweeps < PACKET_BATCH_MAX; sweeps++) {
		if (table->clock.running_ns < table->sweep_due_ns) {
			return false;
		}
		flow_sweep(table);
	}
	return true;
}

void flow_table_finish(struct flow_table *table)
{
	table->finishing = true;
}

size_t flow_table_take(struct flow_table *table, struct flow_record *records, size_t most)
{
	size_t count = 0;

	while (count < most) {
		if (flow_report_take(table, &records[count])) {
			count++;
		} else if (!table->finishing || !flow_finish_next(table)) {
			break;
		}
	}
	return count;
}

size_t flow_table_bytes(const struct flow_table *table)
{
	size_t bytes = sizeof(*table);

	for (unsigned is_v6 = 0; is_v6 < 2; is_v6++) {
		bytes += flow_slab_bytes(&table->families[is_v6].slab) +
			 flow_index_bytes(&table->families[is_v6].index);
	}
	return bytes;
}

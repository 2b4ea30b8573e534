#include "collector/flow_report.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <string.h>

#include "base/clock.h"
#include "base/quick_hash.h"
#include "collector/flow_context.h"
#include "collector/flow_initiator.h"

static bool has_ports(uint8_t protocol)
{
	return protocol != IPPROTO_ICMP && protocol != IPPROTO_ICMPV6;
}

static struct addr key_addr(const struct flow_slab *slab, const void *key, unsigned end)
{
	if (slab->key_bytes == sizeof(struct flow_key4)) {
		return addr_from_v4(((const struct flow_key4 *)key)->addr[end]);
	}
	return addr_from_v6(((const struct flow_key6 *)key)->addr[end]);
}

/* What stands behind the addresses is the same in both keys. */
struct key_tail {
	uint16_t port_be[2];
	uint16_t context;
	uint8_t protocol, zero;
};

static struct key_tail key_tail(const struct flow_slab *slab, const void *key)
{
	struct key_tail tail;
	_Static_assert(
		sizeof(tail) == sizeof(struct flow_key4) - offsetof(struct flow_key4, port_be) &&
			sizeof(tail) ==
				sizeof(struct flow_key6) - offsetof(struct flow_key6, port_be),
		"ports, context, protocol");
	memcpy(&tail, (const uint8_t *)key + slab->key_bytes - sizeof(tail), sizeof(tail));
	return tail;
}

/* Which end began, by all that was seen so far. Where only one side spoke it did, whatever the
 * ports had let us guess; unless they say that it answers somebody whose questions take another
 * way. */
static unsigned source_of(const struct flow_slab *slab, uint32_t number)
{
	const struct flow_state *state = flow_slab_state(slab, number);
	const struct flow_cold *cold = flow_slab_cold(slab, number);
	struct key_tail tail = key_tail(slab, flow_slab_key(slab, number));
	unsigned source = (state->flags & FLOW_SOURCE_HIGH) != 0;
	bool is_other =
		!(state->flags & FLOW_START_SEEN) && has_ports(tail.protocol) &&
		state->packets[source] == 0 && cold->total_packets[source] == 0 &&
		!flow_initiator_answers(ntohs(tail.port_be[!source]), ntohs(tail.port_be[source]));

	return is_other ? !source : source;
}

/* What tells a flow from others of the same five numbers: the initiator's first sequence number;
 * where that was not seen or there is none, the slot in which it began. Both are what another
 * sensor on the same wire sees as well. */
static uint64_t flow_beginning(
	const struct flow_slab *slab, uint32_t number, const struct flow_cold *cold)
{
	const struct flow_opening *opening = flow_slab_opening(slab, number);
	bool is_high = (flow_slab_state(slab, number)->flags & FLOW_SOURCE_HIGH) != 0;
	bool has_isn = opening->flags & (OPENING_ISN_LOW << is_high);

	return has_isn ? UINT64_C(1) << 63 | opening->isn[is_high] : cold->flow_start_ns / SLOT_NS;
}

/* The same for all parts, from run to run and from sensor to sensor under the same key, whatever
 * VLAN or tunnel each saw it in. The upper half is of both ends in the key's order and the protocol
 * alone, so that two ids also tell whether the five numbers are the same (flow.h). */
static uint64_t flow_id(const struct flow_table *table, const struct flow_slab *slab,
	uint32_t number, const struct flow_cold *cold)
{
	const void *key = flow_slab_key(slab, number);
	struct {
		struct addr ends[2];
		struct key_tail tail;
	} of = { .ends = { key_addr(slab, key, 0), key_addr(slab, key, 1) },
		.tail = key_tail(slab, key) };

	_Static_assert(sizeof(of) == 40, "hashed as bytes, so no padding");
	of.tail.context = 0;
	bool is_next = cold->flow_start_ns >= table->id_next_ns;
	uint64_t hash = hash_bytes(is_next ? &table->id_key_next : &table->id_key, &of, sizeof(of));
	return (hash & FLOW_ID_ENDS) |
	       quick_hash(hash, flow_beginning(slab, number, cold)) >> FLOW_ID_ENDS_AT;
}

static void describe_ends(struct flow_record *record, const struct flow_slab *slab, const void *key,
	const struct flow_state *state, unsigned source)
{
	struct key_tail tail = key_tail(slab, key);
	uint16_t source_port = ntohs(tail.port_be[source]);
	uint16_t destination_port = ntohs(tail.port_be[!source]);

	record->source = key_addr(slab, key, source);
	record->destination = key_addr(slab, key, !source);
	record->protocol = tail.protocol;
	if (has_ports(tail.protocol)) {
		record->source_port = source_port;
		record->destination_port = destination_port;
		return;
	}
	record->icmp_type = (uint8_t)source_port;
	record->icmp_one_way = state->flags & FLOW_ONE_ICMP_WAY;
	record->icmp_code = record->icmp_one_way ? (uint8_t)destination_port : 0;
}

static enum flow_left who_left_first(
	const struct flow_state *state, uint8_t protocol, unsigned source)
{
	unsigned said = state->tcp_flags[0] | state->tcp_flags[1];
	unsigned first = (state->flags & FLOW_HIGH_LEFT_FIRST) != 0;

	if (protocol != IPPROTO_TCP || !(said & (TCP_FIN | TCP_RST))) {
		return FLOW_LEFT_NOBODY;
	}
	return first == source ? FLOW_LEFT_SOURCE : FLOW_LEFT_DESTINATION;
}

/* Where its initiator spoke; where only the answers carry a tag, that. */
static const struct context *context_of(const struct flow_table *table,
	const struct flow_slab *slab, uint32_t number, unsigned source)
{
	uint16_t of_source = flow_context_of(slab, number, source);

	return contexts_get(
		table->contexts, of_source ? of_source : flow_context_of(slab, number, !source));
}

/* How packets of this end came. */
static enum flow_wrapped wrapped_of(const struct contexts *contexts, uint16_t number)
{
	const struct context *context = contexts_get(contexts, number);
	bool is_tunnel = false;

	for (unsigned i = 0; number != CONTEXT_NONE && i < CONTEXT_TUNNELS_MAX; i++) {
		is_tunnel |= tunnel_kind_wraps(context->tunnels[i]);
	}
	return context->is_from_outside ? FLOW_WRAPPED_OUTSIDE
	       : is_tunnel              ? FLOW_WRAPPED_INSIDE
					: FLOW_BARE;
}

/* Everything but the note. */
static void describe(const struct flow_table *table, uint32_t flow, enum flow_end end,
	struct flow_record *record)
{
	const struct flow_slab *slab = &table->families[flow >> 31].slab;
	uint32_t number = flow_table_number(flow);
	const void *key = flow_slab_key(slab, number);
	const struct flow_state *state = flow_slab_state(slab, number);
	const struct flow_cold *cold = flow_slab_cold(slab, number);
	unsigned source = source_of(slab, number);
	bool is_empty = (state->packets[0] | state->packets[1]) == 0;

	*record = (struct flow_record){
		.flow_id = flow_id(table, slab, number, cold),
		.flow_start_ns = cold->flow_start_ns,
		.start_ns = is_empty ? state->end_ns : cold->start_ns,
		.end_ns = state->end_ns,
		.tcp_state = state->tcp_state,
		.end = (uint8_t)end,
		.part = cold->part,
		.is_last = end != FLOW_END_SLOT,
		.start_seen = state->flags & FLOW_START_SEEN,
		.worker = table->worker,
		.retransmissions = cold->retransmissions,
		.rtt_us = cold->rtt_us,
		.context = *context_of(table, slab, number, source),
	};
	if (table->track) {
		flow_track_describe(table->track, number, flow >> 31, record);
	}
	for (unsigned from = 0; from < 2; from++) {
		unsigned at = from ^ source;
		record->packets[from] = flow_slab_packets(slab, number, at);
		record->bytes[from] = state->bytes[at];
		record->total_packets[from] = cold->total_packets[at] + record->packets[from];
		record->total_bytes[from] = cold->total_bytes[at] + state->bytes[at];
		record->tcp_flags[from] = state->tcp_flags[at];
		record->next_seq[from] = state->next_seq[at];
		record->has_next_seq |= (state->flags & (FLOW_SEQ_LOW << at)) != 0 ? 1 << from : 0;
		record->wrapped[from] =
			(uint8_t)wrapped_of(table->contexts, flow_context_of(slab, number, at));
	}
	describe_ends(record, slab, key, state, source);
	record->left_first = (uint8_t)who_left_first(state, record->protocol, source);
}

static void queue(struct flow_table *table, uint32_t flow, enum flow_end end, uint32_t part)
{
	assert(table->due_count < FLOW_DUE_MAX);
	table->due[table->due_count++] =
		(struct flow_due){ table->packets, flow, part, (uint8_t)end, false };
}

void flow_report_part(struct flow_table *table, uint32_t flow)
{
	struct flow_state *state = flow_table_state(table, flow);
	struct flow_cold *cold = flow_table_cold(table, flow);

	assert(table->part_count < FLOW_PARTS_MAX);
	describe(table, flow, FLOW_END_SLOT, &table->parts[table->part_count]);
	queue(table, flow, FLOW_END_SLOT, table->part_count++);
	for (unsigned end = 0; end < 2; end++) {
		cold->total_packets[end] += flow_slab_packets(
			flow_table_slab(table, flow), flow_table_number(flow), end);
		cold->total_bytes[end] += state->bytes[end];
		state->packets[end] = 0;
		cold->carried[end] = 0;
		state->bytes[end] = 0;
	}
	cold->part++;
}

void flow_report_last(struct flow_table *table, uint32_t flow, enum flow_end end)
{
	struct flow_family *family = &table->families[flow >> 31];
	uint32_t number = flow_table_number(flow);
	const void *key = flow_slab_key(&family->slab, number);

	/* When no packet follows, nobody will look for the flow. */
	if (!table->finishing) {
		flow_index_remove(&family->index, flow_index_hash(&family->index, key), number);
	}
	flow_slab_state(&family->slab, number)->flags &= (uint8_t)~FLOW_LIVE;
	family->slab.due[number] = FLOW_DUE_NEVER;
	family->slab.live--;
	/* For the record, behind the batch. */
	__builtin_prefetch(flow_slab_cold(&family->slab, number));
	__builtin_prefetch(flow_slab_opening(&family->slab, number));
	if (table->track) {
		flow_track_fetch_record(table->track, number, flow >> 31);
	}
	queue(table, flow, end, FLOW_NONE);
}

#define SWAP(pair)                                                                                 \
	do {                                                                                       \
		__typeof__((pair)[0]) first = (pair)[0];                                           \
		(pair)[0] = (pair)[1];                                                             \
		(pair)[1] = first;                                                                 \
	} while (0)

/* The ends of a part change places. It has no first sequence number in its id, or who began would
 * have been known, and no type of ICMP. */
static void turn_part(struct flow_record *part)
{
	struct addr addrs[2] = { part->source, part->destination };
	uint16_t ports[2] = { part->source_port, part->destination_port };

	part->source = addrs[1];
	part->destination = addrs[0];
	part->source_port = ports[1];
	part->destination_port = ports[0];
	SWAP(part->packets);
	SWAP(part->bytes);
	SWAP(part->total_packets);
	SWAP(part->total_bytes);
	SWAP(part->tcp_flags);
	SWAP(part->wrapped);
	if (part->left_first != FLOW_LEFT_NOBODY) {
		part->left_first = part->left_first == FLOW_LEFT_SOURCE ? FLOW_LEFT_DESTINATION
									: FLOW_LEFT_SOURCE;
	}
}

void flow_report_source(struct flow_table *table, uint32_t flow, uint64_t since, bool is_high)
{
	const struct flow_slab *slab = flow_table_slab(table, flow);
	uint32_t number = flow_table_number(flow);
	const void *key = flow_slab_key(slab, number);
	struct addr source = key_addr(slab, key, is_high);
	uint16_t source_port = ntohs(key_tail(slab, key).port_be[is_high]);
	struct flow_state *state = flow_slab_state(slab, number);

	state->flags &= (uint8_t)~FLOW_SOURCE_HIGH;
	state->flags |= FLOW_START_SEEN | (is_high ? FLOW_SOURCE_HIGH : 0);
	for (unsigned i = table->due_taken; i < table->due_count; i++) {
		const struct flow_due *due = &table->due[i];
		if (due->flow != flow || due->part == FLOW_NONE || due->packet < since) {
			continue;
		}
		struct flow_record *part = &table->parts[due->part];
		if (part->source_port != source_port || !addr_equal(&part->source, &source)) {
			turn_part(part);
			part->context = *context_of(table, slab, number, is_high);
		}
		part->start_seen = true;
	}
}

struct flow_due *flow_report_due_behind(struct flow_table *table, uint32_t flow, uint64_t packet)
{
	struct flow_due *first = NULL;

	for (unsigned i = table->due_taken; i < table->due_count; i++) {
		struct flow_due *due = &table->due[i];
		if (due->flow == flow && due->part != FLOW_NONE && due->packet > packet &&
			(!first || due->packet < first->packet)) {
			first = due;
		}
	}
	return first;
}

unsigned flow_report_source_end(
	const struct flow_table *table, uint32_t flow, const struct flow_record *part)
{
	const struct flow_slab *slab = &table->families[flow >> 31].slab;
	const void *key = flow_slab_key(slab, flow_table_number(flow));
	struct addr addr = key_addr(slab, key, 0);

	return part->source_port != ntohs(key_tail(slab, key).port_be[0]) ||
	       !addr_equal(&part->source, &addr);
}

void flow_report_rename(const struct flow_table *table, uint32_t flow, struct flow_record *part)
{
	const struct flow_slab *slab = &table->families[flow >> 31].slab;
	uint32_t number = flow_table_number(flow);

	part->flow_start_ns = flow_slab_cold(slab, number)->flow_start_ns;
	part->flow_id = flow_id(table, slab, number, flow_slab_cold(slab, number));
	if (table->track) {
		flow_track_describe(table->track, number, flow >> 31, part);
	}
}

bool flow_report_take(struct flow_table *table, struct flow_record *record)
{
	if (table->due_taken == table->due_count) {
		table->due_taken = table->due_count = table->part_count = 0;
		return false;
	}
	struct flow_due due = table->due[table->due_taken++];
	uint32_t note = flow_table_state(table, due.flow)->note;
	if (due.part == FLOW_NONE) {
		describe(table, due.flow, due.end, record);
		flow_slab_give_back(
			flow_table_slab(table, due.flow), flow_table_number(due.flow), due.packet);
	} else {
		*record = table->parts[due.part];
	}
	if (!due.has_note) {
		record->note = note;
	}
	table->flows_ended[due.end]++;
	table->packets_taken += record->packets[0] + record->packets[1];
	table->bytes_taken += record->bytes[0] + record->bytes[1];
	return true;
}

void flow_report_ends(const struct flow_table *table, uint32_t flow, struct flow_ends *ends)
{
	const struct flow_slab *slab = &table->families[flow >> 31].slab;
	uint32_t number = flow_table_number(flow);
	const void *key = flow_slab_key(slab, number);
	struct key_tail tail = key_tail(slab, key);
	unsigned source = (flow_slab_state(slab, number)->flags & FLOW_SOURCE_HIGH) != 0;

	*ends = (struct flow_ends){
		.source = key_addr(slab, key, source),
		.destination = key_addr(slab, key, !source),
		.protocol = tail.protocol,
	};
	if (has_ports(tail.protocol)) {
		ends->source_port = ntohs(tail.port_be[source]);
		ends->destination_port = ntohs(tail.port_be[!source]);
	}
}

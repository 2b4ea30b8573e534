#include "collector/flow_split.h"

#include <string.h>

#include "collector/flow_report.h"

/* What the packets from one of a batch on brought to a flow, by ends of its key. */
struct tail {
	uint32_t packets[2], bytes[2];
};

bool flow_split_same_ends(const struct packet *packet, const void *key, bool is_v6)
{
	if (is_v6 != ((packet->flags & PACKET_V6) != 0)) {
		return false;
	}
	if (is_v6) {
		const struct flow_key6 *of_flow = key, *of_packet = &packet->key.v6;
		return of_flow->protocol == of_packet->protocol &&
		       memcmp(of_flow->addr, of_packet->addr, sizeof(of_flow->addr)) == 0 &&
		       memcmp(of_flow->port_be, of_packet->port_be, sizeof(of_flow->port_be)) == 0;
	}
	const struct flow_key4 *of_flow = key, *of_packet = &packet->key.v4;
	return of_flow->protocol == of_packet->protocol &&
	       memcmp(of_flow->addr, of_packet->addr, sizeof(of_flow->addr)) == 0 &&
	       memcmp(of_flow->port_be, of_packet->port_be, sizeof(of_flow->port_be)) == 0;
}

static struct tail tail_of(
	const struct packet_batch *packets, unsigned at, const void *key, bool is_v6)
{
	struct tail tail = { { 0 }, { 0 } };

	for (unsigned i = at; i < packets->count; i++) {
		const struct packet *packet = &packets->packets[i];
		unsigned end = (packet->flags & PACKET_FROM_HIGH) != 0;
		if (flow_split_same_ends(packet, key, is_v6)) {
			tail.packets[end]++;
			tail.bytes[end] += packet->ip_bytes;
		}
	}
	return tail;
}

unsigned flow_split_keep_notes(
	struct flow_table *table, uint32_t flow, uint64_t until, uint32_t note)
{
	unsigned kept = 0;

	for (unsigned i = table->due_taken; i < table->due_count; i++) {
		struct flow_due *due = &table->due[i];
		if (due->flow == flow && due->part != FLOW_NONE && !due->has_note &&
			due->packet < until) {
			due->has_note = true;
			table->parts[due->part].note = note;
			kept++;
		}
	}
	return kept;
}

/* It is the last of its conversation, and what follows counts for itself. */
static void end_part(struct flow_table *table, uint32_t flow, uint32_t note, uint64_t at_ns)
{
	struct flow_record *part = &table->parts[table->part_count - 1];
	struct flow_cold *cold = flow_table_cold(table, flow);

	table->due[table->due_count - 1].has_note = true;
	part->note = note;
	part->is_last = true;
	cold->flow_start_ns = cold->start_ns = at_ns;
	for (unsigned end = 0; end < 2; end++) {
		cold->total_packets[end] = cold->total_bytes[end] = 0;
	}
}

/* What follows is a flow of its own also for whoever looks for its packets. */
static void track_split(struct flow_table *table, uint32_t flow, const struct packet_batch *packets,
	unsigned at, const struct split_early *early)
{
	bool is_v6 = (flow & FLOW_NUMBER_V6) != 0;
	uint32_t number = flow_table_number(flow);
	const void *key = flow_slab_key(flow_table_slab(table, flow), number);
	uint32_t before = *flow_track_serial(table->track, number, is_v6);

	uint64_t first = table->packets - packets->count;

	flow_track_open(table->track, number, is_v6, 0);
	for (unsigned i = 0; i < early->packets && i < SPLIT_EARLY_NUMBERS; i++) {
		if (early->numbers[i] >= first) {
			flow_track_give(table->track, packets->frames[early->numbers[i] - first],
				before, number, is_v6);
		}
	}
	for (unsigned i = at; i < packets->count; i++) {
		if (flow_split_same_ends(&packets->packets[i], key, is_v6)) {
			flow_track_give(table->track, packets->frames[i], before, number, is_v6);
		}
	}
}

uint32_t flow_split_find_ended(const struct flow_table *table, const struct packet *packet)
{
	enum { LOOKED_AT_MOST = 64 };
	bool is_v6 = packet->flags & PACKET_V6;
	unsigned first = table->due_count > LOOKED_AT_MOST ? table->due_count - LOOKED_AT_MOST : 0;

	for (unsigned i = table->due_count; i-- > first;) {
		const struct flow_due *due = &table->due[i];
		bool same_family = ((due->flow & FLOW_NUMBER_V6) != 0) == is_v6;
		const struct flow_slab *slab = &table->families[is_v6].slab;
		if (due->part == FLOW_NONE && same_family &&
			flow_split_same_ends(
				packet, flow_slab_key(slab, flow_table_number(due->flow)), is_v6)) {
			return due->flow;
		}
	}
	return FLOW_NONE;
}

/* Are they all still counted here: has none of them gone with a part that is over? */
static bool takes_early(
	const struct flow_state *state, const struct tail *tail, const struct split_early *early)
{
	unsigned end = early->is_high;

	return early->packets > 0 && state->packets[end] >= tail->packets[end] + early->packets &&
	       state->bytes[end] >= tail->bytes[end] + early->bytes;
}

bool flow_split(struct flow_table *table, uint32_t flow, const struct packet_batch *packets,
	unsigned at, const struct split_notes *notes)
{
	struct flow_state *state = flow_table_state(table, flow);
	const void *key = flow_slab_key(flow_table_slab(table, flow), flow_table_number(flow));
	struct tail tail = tail_of(packets, at, key, flow & FLOW_NUMBER_V6);
	const struct split_early *early = &notes->early;
	uint64_t end_ns = state->end_ns, at_ns = packets->packets[at].time_ns;
	bool has_early = takes_early(state, &tail, early);
	uint64_t begin_ns = has_early ? early->time_ns : at_ns;

	if (has_early) {
		tail.packets[early->is_high] += early->packets;
		tail.bytes[early->is_high] += early->bytes;
	}
	for (unsigned end = 0; end < 2; end++) {
		if (state->packets[end] < tail.packets[end] ||
			state->bytes[end] < tail.bytes[end]) {
			return false;
		}
	}
	bool has_before =
		state->packets[0] > tail.packets[0] || state->packets[1] > tail.packets[1];
	if (!(state->flags & FLOW_LIVE) || !has_before) {
		return false;
	}
	for (unsigned end = 0; end < 2; end++) {
		state->packets[end] -= tail.packets[end];
		state->bytes[end] -= tail.bytes[end];
	}
	state->end_ns = at_ns < end_ns ? at_ns : end_ns;
	/* Those that are due already were before the split. */
	flow_split_keep_notes(table, flow, UINT64_MAX, notes->due);
	flow_report_part(table, flow);
	end_part(table, flow, notes->part, begin_ns);
	if (table->track) {
		track_split(table, flow, packets, at, early);
	}
	for (unsigned end = 0; end < 2; end++) {
		state->packets[end] = tail.packets[end];
		state->bytes[end] = tail.bytes[end];
	}
	state->end_ns = end_ns;
	return true;
}

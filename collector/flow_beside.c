#include "collector/flow_beside.h"

#include <string.h>

#include "collector/flow_expiry.h"
#include "collector/flow_report.h"

/* Running time of a packet that the flow has counted; both clocks run alike between two of them. */
static uint64_t running_at(const struct flow_state *state, uint64_t time_ns)
{
	uint64_t ago_ns = state->end_ns > time_ns ? state->end_ns - time_ns : 0;

	return state->running_ns > ago_ns ? state->running_ns - ago_ns : 0;
}

uint32_t flow_beside_open(
	struct flow_table *table, uint32_t flow, const struct packet *packet, uint32_t note)
{
	enum { TAKEN_OVER = FLOW_LIVE | FLOW_SOURCE_HIGH | FLOW_START_SEEN };
	struct flow_slab *slab = flow_table_slab(table, flow);
	uint32_t of = flow_table_number(flow);

	if (flow_table_live(table) >= table->limit) {
		return FLOW_NONE;
	}
	uint32_t number = flow_slab_take(slab, table->packets);
	const struct flow_state *state = flow_slab_state(slab, of);
	uint64_t now_ns = running_at(state, packet->time_ns);
	memcpy(flow_slab_key(slab, number), flow_slab_key(slab, of), slab->key_bytes);
	*flow_slab_state(slab, number) = (struct flow_state){
		.end_ns = packet->time_ns,
		.running_ns = now_ns,
		.note = note,
		.in_flight = { FLIGHT_UNKNOWN, FLIGHT_UNKNOWN },
		.flags = state->flags & TAKEN_OVER,
	};
	*flow_slab_cold(slab, number) = (struct flow_cold){
		.flow_start_ns = packet->time_ns,
		.start_ns = packet->time_ns,
	};
	*flow_slab_opening(slab, number) = *flow_slab_opening(slab, of);
	slab->due[number] = FLOW_DUE_NEVER;
	table->flows_opened++;
	if (table->track) {
		flow_track_open(table->track, number, flow >> 31, 0);
	}
	return number | (flow & FLOW_NUMBER_V6);
}

bool flow_beside_is_live(const struct flow_table *table, uint32_t flow)
{
	const struct flow_slab *slab = &table->families[flow >> 31].slab;

	return flow_slab_state(slab, flow_table_number(flow))->flags & FLOW_LIVE;
}

void flow_beside_settle(struct flow_table *table, uint32_t beside)
{
	flow_settle(table, beside, table->clock.running_ns);
}

void flow_beside_release(struct flow_table *table, uint32_t beside)
{
	flow_table_slab(table, beside)->due[flow_table_number(beside)] =
		flow_slab_coarse(flow_table_state(table, beside)->running_ns);
}

/* Out of that part, and out of the sums of all that came since. */
static bool leave_part(struct flow_table *table, struct flow_due *due, const struct packet *packet)
{
	struct flow_record *part = &table->parts[due->part];
	uint32_t flow = due->flow;
	struct flow_cold *cold = flow_table_cold(table, flow);
	unsigned end = packet_end(packet);
	unsigned from = end ^ flow_report_source_end(table, flow, part);

	if (part->packets[from] == 0 || part->bytes[from] < packet->ip_bytes) {
		return false;
	}
	part->packets[from]--;
	part->bytes[from] -= packet->ip_bytes;
	for (; due; due = flow_report_due_behind(table, flow, due->packet)) {
		struct flow_record *since = &table->parts[due->part];
		from = end ^ flow_report_source_end(table, flow, since);
		since->total_packets[from]--;
		since->total_bytes[from] -= packet->ip_bytes;
		if (since->is_last) { /* what is behind is another conversation's */
			return true;
		}
	}
	cold->total_packets[end]--;
	cold->total_bytes[end] -= packet->ip_bytes;
	return true;
}

static bool leave_flow(
	struct flow_table *table, uint32_t flow, const struct packet *packet, uint64_t kept_ns)
{
	struct flow_state *state = flow_table_state(table, flow);
	struct flow_cold *cold = flow_table_cold(table, flow);
	unsigned end = packet_end(packet);

	if (state->packets[end] == 0 && cold->carried[end] > 0) {
		cold->carried[end]--;
		state->packets[end] = FLOW_PACKETS_CARRIED;
	}
	if (state->packets[end] == 0 || state->bytes[end] < packet->ip_bytes) {
		return false;
	}
	state->packets[end]--;
	state->bytes[end] -= packet->ip_bytes;
	if (state->end_ns == packet->time_ns && kept_ns > cold->start_ns) {
		state->end_ns = kept_ns;
		state->running_ns -= packet->time_ns - kept_ns;
	}
	return true;
}

bool flow_beside_move(struct flow_table *table, const struct packet_batch *packets, unsigned at,
	uint32_t flow, uint32_t beside, uint64_t kept_ns)
{
	const struct packet *packet = &packets->packets[at];
	unsigned end = packet_end(packet);
	uint64_t now_ns = running_at(flow_table_state(table, flow), packet->time_ns);
	struct flow_due *due =
		flow_report_due_behind(table, flow, table->packets - packets->count + at);
	struct flow_reopen reopen;

	if (flow_meet(table, beside, packet, now_ns, &reopen) != FLOW_NEXT_JOINS) {
		return false;
	}
	if (!(due ? leave_part(table, due, packet) : leave_flow(table, flow, packet, kept_ns))) {
		return false;
	}
	struct flow_state *state = flow_table_state(table, beside);
	state->packets[end]++;
	state->bytes[end] += packet->ip_bytes;
	state->running_ns = now_ns;
	state->end_ns = packet->time_ns > state->end_ns ? packet->time_ns : state->end_ns;
	if (table->track) {
		bool is_v6 = flow >> 31;
		flow_track_give(table->track, packets->frames[at],
			*flow_track_serial(table->track, flow_table_number(flow), is_v6),
			flow_table_number(beside), is_v6);
	}
	return true;
}

#include "collector/flow_expiry.h"

#include <netinet/in.h>

#include "collector/flow_numbers.h"
#include "collector/flow_report.h"
#include "collector/flow_tcp.h"

/* Places are read in their order, but too few at a time for the processor to foresee it. */
enum { EVICT_CANDIDATES = 4, EVICT_BYTES_AHEAD = 1024 };

static inline uint64_t or_default(uint64_t value, uint64_t otherwise)
{
	return value ? value : otherwise;
}

static inline uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

void flow_timeouts_init(struct flow_timeouts *timeouts, const struct collector_options *options)
{
	*timeouts = (struct flow_timeouts){
		.idle_tcp_ns = or_default(options->idle_tcp_ns, 300 * NS_PER_S),
		.idle_other_ns = or_default(options->idle_other_ns, 120 * NS_PER_S),
		.closed_ns = or_default(options->closed_ns, 5 * NS_PER_S),
		.active_ns = options->active_ns,
		.part_ns = FLOW_PART_GRACE_NS,
		.whole_flows = options->whole_flows,
	};
	timeouts->open_ns = least(least(timeouts->idle_tcp_ns, timeouts->idle_other_ns),
		timeouts->whole_flows ? UINT64_MAX : timeouts->part_ns);
	/* A flow's age is only known from its cold record, so an active timeout makes every packet
	 * look there. */
	if (!timeouts->active_ns) {
		timeouts->soonest_ns = least(least(timeouts->idle_tcp_ns, timeouts->idle_other_ns),
			least(timeouts->closed_ns, timeouts->part_ns));
	}
}

static inline uint8_t protocol_of(const struct flow_slab *slab, uint32_t number)
{
	const uint8_t *key = flow_slab_key(slab, number);
	_Static_assert(sizeof(struct flow_key4) - offsetof(struct flow_key4, protocol) ==
			       sizeof(struct flow_key6) - offsetof(struct flow_key6, protocol),
		"the protocol is as far from the end of both keys");
	return key[slab->key_bytes - sizeof(struct flow_key4) +
		   offsetof(struct flow_key4, protocol)];
}

static inline bool is_empty(const struct flow_state *flow)
{
	return (flow->packets[0] | flow->packets[1]) == 0;
}

struct ending {
	uint64_t after_ns; /* of silence */
	enum flow_end end;
};

static struct ending ending_of(const struct flow_table *table, const struct flow_slab *slab,
	uint32_t number, const struct flow_state *flow)
{
	if (protocol_of(slab, number) != IPPROTO_TCP) {
		return (struct ending){ table->timeouts.idle_other_ns, FLOW_END_IDLE };
	}
	if (flow_tcp_is_closed(flow)) {
		return (struct ending){ table->timeouts.closed_ns, FLOW_END_CLOSED };
	}
	return (struct ending){ table->timeouts.idle_tcp_ns, FLOW_END_IDLE };
}

/* After how much silence the part is handed on; never for a flow of which no more is expected. */
static uint64_t part_after(const struct flow_table *table, const struct flow_slab *slab,
	uint32_t number, const struct flow_state *flow)
{
	bool is_tcp = protocol_of(slab, number) == IPPROTO_TCP;
	bool is_answered = flow->tcp_flags[0] && flow->tcp_flags[1];

	if (table->timeouts.whole_flows || is_empty(flow) ||
		(is_tcp && (!is_answered || flow_tcp_is_closed(flow)))) {
		return UINT64_MAX;
	}
	return SLOT_NS - flow->end_ns % SLOT_NS + table->timeouts.part_ns;
}

bool flow_settle(struct flow_table *table, uint32_t flow, uint64_t now_ns)
{
	struct flow_slab *slab = flow_table_slab(table, flow);
	uint32_t number = flow_table_number(flow);
	struct flow_state *state = flow_slab_state(slab, number);
	uint64_t silent_ns = now_ns - state->running_ns;

	if (now_ns < state->running_ns) {
		/* It began on a step of the clock that was not believed. */
		if (state->running_ns - now_ns > table->clock.forward_ns) {
			flow_report_last(table, flow, FLOW_END_IDLE);
			return true;
		}
		return false;
	}
	if (silent_ns <= table->timeouts.soonest_ns) {
		return false;
	}
	struct ending ending = ending_of(table, slab, number, state);
	uint64_t part_ns = part_after(table, slab, number, state);
	if (silent_ns > part_ns && part_ns <= ending.after_ns) {
		flow_report_part(table, flow);
	}
	if (silent_ns > ending.after_ns) {
		flow_report_last(table, flow, ending.end);
		return true;
	}
	return false;
}

/* The same by the packet's own stamp, which may be elsewhere than the running clock says. */
static bool is_silent_by_stamps(const struct flow_table *table, const struct flow_state *state,
	const struct packet *packet, uint64_t after_ns)
{
	if (packet->time_ns >= state->end_ns) {
		return packet->time_ns - state->end_ns > after_ns;
	}
	return state->end_ns - packet->time_ns > table->clock.forward_ns;
}

/* Behind the end of a connection: data with numbers far from its own are those of another one,
 * whose SYN was not seen. */
static bool is_of_another(struct flow_table *table, uint32_t flow, const struct packet *packet)
{
	const struct flow_slab *slab = flow_table_slab(table, flow);
	uint32_t number = flow_table_number(flow);

	return flow_slab_state(slab, number)->tcp_is_over && packet->payload_wire_bytes > 0 &&
	       packet->tcp_flags & TCP_ACK && !(packet->tcp_flags & TCP_RST) &&
	       flow_numbers_fit(slab, number, packet) == NUMBERS_APART;
}

/* Does the packet open a connection of its own, or show that one was opened? */
static enum flow_next meet_tcp(struct flow_table *table, uint32_t flow, const struct packet *packet,
	struct flow_reopen *reopen)
{
	if (flow_table_state(table, flow)->tcp_has_syn &&
		flow_reopen_prove(table, flow, packet, reopen)) {
		return FLOW_NEXT_REOPENS;
	}
	if (!(packet->tcp_flags & TCP_SYN)) {
		return is_of_another(table, flow, packet) ? FLOW_NEXT_BEGINS : FLOW_NEXT_JOINS;
	}
	enum flow_syn fate = flow_reopen_judge(table, flow, packet, table->timeouts.closed_ns);
	if (fate == FLOW_SYN_WAITS) {
		flow_reopen_keep(table, flow, packet);
	}
	return fate == FLOW_SYN_BEGINS ? FLOW_NEXT_BEGINS : FLOW_NEXT_JOINS;
}

/* A packet that comes late may have been the first. The start that stands in a record already stays
 * as it is. */
static void begin_earlier(struct flow_cold *cold, uint64_t time_ns)
{
	if (time_ns >= cold->start_ns) {
		return;
	}
	if (cold->part == 0) {
		cold->flow_start_ns = time_ns;
	}
	cold->start_ns = time_ns > cold->flow_start_ns ? time_ns : cold->flow_start_ns;
}

/* Hands on the part where this packet does not belong to it or would not fit, and lets the next one
 * begin. */
static void meet_part(struct flow_table *table, uint32_t flow, const struct packet *packet)
{
	struct flow_state *state = flow_table_state(table, flow);
	struct flow_cold *cold = flow_table_cold(table, flow);
	unsigned end = packet_end(packet);
	bool is_later_slot =
		!table->timeouts.whole_flows && packet->time_ns / SLOT_NS > state->end_ns / SLOT_NS;
	bool is_full = state->bytes[end] > UINT32_MAX - packet->ip_bytes;

	if (state->packets[end] == FLOW_PACKETS_FULL) {
		is_full |= cold->carried[end] == UINT16_MAX;
		cold->carried[end] += !is_full;
		state->packets[end] -= is_full ? 0 : FLOW_PACKETS_CARRIED;
	}

	if (!is_empty(state) && (is_later_slot || is_full)) {
		flow_report_part(table, flow);
	}
	if (!is_empty(state)) {
		/* Otherwise it is no earlier than the start, and the cold record is left alone. */
		if (packet->time_ns < state->end_ns) {
			begin_earlier(cold, packet->time_ns);
		}
		return;
	}
	cold->start_ns = packet->time_ns;
	if (cold->start_ns < cold->flow_start_ns) {
		cold->start_ns = cold->flow_start_ns;
	}
	state->end_ns = cold->start_ns;
}

enum flow_next flow_meet(struct flow_table *table, uint32_t flow, const struct packet *packet,
	uint64_t now_ns, struct flow_reopen *reopen)
{
	struct flow_slab *slab = flow_table_slab(table, flow);
	uint32_t number = flow_table_number(flow);
	const struct flow_state *state = flow_slab_state(slab, number);
	const struct flow_cold *cold = flow_slab_cold(slab, number);

	if (flow_settle(table, flow, now_ns)) {
		return FLOW_NEXT_BEGINS;
	}
	struct ending ending = ending_of(table, slab, number, state);
	if (is_silent_by_stamps(table, state, packet, ending.after_ns)) {
		flow_report_last(table, flow, ending.end);
		return FLOW_NEXT_BEGINS;
	}
	enum flow_next next = meet_tcp(table, flow, packet, reopen);
	if (next != FLOW_NEXT_JOINS) {
		flow_report_last(table, flow, FLOW_END_CLOSED);
		return next;
	}
	if (table->timeouts.active_ns && packet->time_ns > cold->flow_start_ns &&
		packet->time_ns - cold->flow_start_ns > table->timeouts.active_ns) {
		flow_report_last(table, flow, FLOW_END_ACTIVE);
		return FLOW_NEXT_CONTINUES;
	}
	meet_part(table, flow, packet);
	return FLOW_NEXT_JOINS;
}

/* The flow at a place that counts through both slabs. */
static uint32_t flow_at(const struct flow_table *table, uint32_t place)
{
	uint32_t v4_used = table->families[0].slab.used;
	return place < v4_used ? place : (place - v4_used) | FLOW_NUMBER_V6;
}

static uint32_t places(const struct flow_table *table)
{
	return table->families[0].slab.used + table->families[1].slab.used;
}

/* How long nothing came; flows from a step of the clock that was not believed are the idlest of
 * all. */
static uint64_t silence(const struct flow_table *table, const struct flow_state *state)
{
	uint64_t now_ns = table->clock.running_ns;

	if (state->running_ns > now_ns) {
		return state->running_ns - now_ns > table->clock.forward_ns ? UINT64_MAX : 0;
	}
	return now_ns - state->running_ns;
}

static uint32_t idlest_of_a_few(struct flow_table *table)
{
	uint32_t all = places(table), idlest = FLOW_NONE;
	uint64_t idlest_ns = 0;

	for (unsigned candidates = 0; candidates < EVICT_CANDIDATES; table->evict_hand++) {
		table->evict_hand = table->evict_hand < all ? table->evict_hand : 0;
		uint32_t flow = flow_at(table, table->evict_hand);
		const struct flow_state *state = flow_table_state(table, flow);
		if (!(state->flags & FLOW_LIVE)) {
			continue;
		}
		candidates++;
		__builtin_prefetch((const uint8_t *)state + EVICT_BYTES_AHEAD);
		if (idlest == FLOW_NONE || silence(table, state) > idlest_ns) {
			idlest = flow;
			idlest_ns = silence(table, state);
		}
	}
	return idlest;
}

/* Starts reading what ending the flow will need. */
static void fetch_ending(const struct flow_table *table, uint32_t flow)
{
	const struct flow_family *family = &table->families[flow >> 31];
	uint32_t number = flow_table_number(flow);
	uint64_t hash = flow_index_hash(&family->index, flow_slab_key(&family->slab, number));

	__builtin_prefetch(flow_index_line(&family->index, hash), 1);
	__builtin_prefetch(flow_slab_cold(&family->slab, number));
}

void flow_evict(struct flow_table *table)
{
	struct flow_victim *victim = &table->victims[table->next_victim];
	const struct flow_state *state = flow_table_state(table, victim->flow);

	if (!(state->flags & FLOW_LIVE) || state->running_ns != victim->running_ns) {
		victim->flow = idlest_of_a_few(table);
		state = flow_table_state(table, victim->flow);
	}
	if (!flow_settle(table, victim->flow, table->clock.running_ns)) {
		flow_report_last(table, victim->flow,
			flow_tcp_is_closed(state) ? FLOW_END_CLOSED : FLOW_END_EVICTED);
	}
	if (flow_table_live(table) > 0) {
		victim->flow = idlest_of_a_few(table);
		victim->running_ns = flow_table_state(table, victim->flow)->running_ns;
		fetch_ending(table, victim->flow);
	}
	table->next_victim = (table->next_victim + 1) % FLOW_VICTIMS;
}

/* The flows of so many places from first on that may be due at this time: their numbers, and how
 * many they are. */
static unsigned find_due(const struct flow_table *table, uint32_t first, uint32_t end,
	uint32_t coarse, uint32_t *flows)
{
	uint32_t v4_used = table->families[0].slab.used;
	uint32_t v4_end = end < v4_used ? end : v4_used;
	const uint32_t *due = table->families[0].slab.due;
	unsigned count = 0;

	for (; first < v4_end; first++) {
		flows[count] = first;
		count += due[first] <= coarse;
	}
	due = table->families[1].slab.due;
	for (; first < end; first++) {
		flows[count] = (first - v4_used) | FLOW_NUMBER_V6;
		count += due[first - v4_used] <= coarse;
	}
	return count;
}

/* Starts reading the index line of the flow if it is over. */
static void fetch_if_over(const struct flow_table *table, uint32_t flow, uint64_t now_ns)
{
	const struct flow_slab *slab = &table->families[flow >> 31].slab;
	uint32_t number = flow_table_number(flow);
	const struct flow_state *state = flow_slab_state(slab, number);

	if (state->flags & FLOW_LIVE && state->running_ns < now_ns &&
		now_ns - state->running_ns > ending_of(table, slab, number, state).after_ns) {
		fetch_ending(table, flow);
	}
}

/* Settles the flow, and writes down when it is to be looked at again. */
static void sweep_flow(struct flow_table *table, uint32_t flow, uint64_t now_ns)
{
	struct flow_slab *slab = flow_table_slab(table, flow);
	uint32_t number = flow_table_number(flow);
	const struct flow_state *state = flow_slab_state(slab, number);

	/* What began on a step in doubt is left alone. */
	if (!(state->flags & FLOW_LIVE) || state->running_ns >= now_ns ||
		flow_settle(table, flow, now_ns)) {
		return;
	}
	uint64_t silent_ns = now_ns - state->running_ns;
	uint64_t after_ns = least(part_after(table, slab, number, state),
		ending_of(table, slab, number, state).after_ns);
	after_ns = after_ns > silent_ns ? after_ns - silent_ns : 0;
	slab->due[number] = flow_slab_coarse(now_ns + least(after_ns, table->timeouts.open_ns));
}

/* How many places the sweep looks at from this one on. */
static uint32_t sweep_end(uint32_t first, uint32_t all)
{
	return all - first > FLOW_SWEEP_SLOTS ? first + FLOW_SWEEP_SLOTS : all;
}

void flow_sweep(struct flow_table *table)
{
	uint32_t all = places(table), flows[FLOW_SWEEP_SLOTS + 1];
	uint32_t first = table->sweep_hand < all ? table->sweep_hand : 0;
	uint32_t end = sweep_end(first, all);
	uint64_t now_ns = table->clock.running_ns;
	uint32_t coarse = flow_slab_coarse(now_ns);
	unsigned count = find_due(table, first, end, coarse, flows);

	for (unsigned i = 0; i < count; i++) {
		fetch_if_over(table, flows[i], now_ns);
	}
	for (unsigned i = 0; i < count; i++) {
		sweep_flow(table, flows[i], now_ns);
	}
	/* What the next one will want. */
	count = find_due(table, end, sweep_end(end, all), coarse, flows);
	for (unsigned i = 0; i < count; i++) {
		__builtin_prefetch(flow_table_state(table, flows[i]));
	}
	table->sweep_hand = end;
	/* Behind time it comes again with the next packet, but never owes more than one round. */
	uint64_t step_ns = FLOW_SWEEP_NS / (all / FLOW_SWEEP_SLOTS + 1);
	uint64_t oldest_ns = now_ns - FLOW_SWEEP_NS;
	table->sweep_due_ns =
		(table->sweep_due_ns > oldest_ns ? table->sweep_due_ns : oldest_ns) + step_ns;
}

bool flow_finish_next(struct flow_table *table)
{
	for (; table->finish_hand < places(table); table->finish_hand++) {
		uint32_t flow = flow_at(table, table->finish_hand);
		const struct flow_state *state = flow_table_state(table, flow);
		if (!(state->flags & FLOW_LIVE)) {
			continue;
		}
		bool is_ahead = state->running_ns > table->clock.running_ns;
		if (is_ahead || !flow_settle(table, flow, table->clock.running_ns)) {
			flow_report_last(table, flow,
				flow_tcp_is_closed(state) ? FLOW_END_CLOSED : FLOW_END_EOF);
		}
		return true;
	}
	return false;
}

#include "collector/flow_split.h"

#include <string.h>

#include "collector/flow_report.h"

/* What packets of a batch brought to a flow, from one of them on, by ends of its key. */
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

static struct tail tail_of(const struct packet_batch *packets, unsigned at, unsigned until,
	const void *key, bool is_v6)
{
	struct tail tail = { { 0 }, { 0 } };

	for (unsigned i = at; i < until; i++) {
		const struct packet *packet = &packets->packets[i];
		unsigned end = packet_end(packet);
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
static void end_part(
	struct flow_table *table, uint32_t flow, uint32_t note, uint64_t packet, uint64_t at_ns)
{
	struct flow_record *part = &table->parts[table->part_count - 1];
	struct flow_cold *cold = flow_table_cold(table, flow);

	table->due[table->due_count - 1].has_note = true;
	table->due[table->due_count - 1].packet = packet;
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
	for (unsigned i = 0; early && i < early->packets && i < SPLIT_EARLY_NUMBERS; i++) {
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

/* What is before the tail in so much; false where the tail is more than that. */
static bool head_of(const struct tail *all, const struct tail *tail, struct tail *head)
{
	for (unsigned end = 0; end < 2; end++) {
		if (all->packets[end] < tail->packets[end] || all->bytes[end] < tail->bytes[end]) {
			return false;
		}
		head->packets[end] = all->packets[end] - tail->packets[end];
		head->bytes[end] = all->bytes[end] - tail->bytes[end];
	}
	return true;
}

/* Is what came early counted in the part that holds packet `number`, and began at start_ns? None of
 * it has gone with a part that is over. */
static bool is_counted_here(struct flow_table *table, uint32_t flow,
	const struct split_early *early, uint64_t number, uint64_t first, uint64_t start_ns)
{
	const struct flow_due *due = flow_report_due_behind(table, flow, number);
	unsigned known =
		early->packets < SPLIT_EARLY_NUMBERS ? early->packets : SPLIT_EARLY_NUMBERS;

	if (known == 0 ||
		(early->numbers[0] < first && (early->were_due || early->time_ns < start_ns))) {
		return false;
	}
	return flow_report_due_behind(table, flow, early->numbers[0]) == due &&
	       flow_report_due_behind(table, flow, early->numbers[known - 1]) == due;
}

/* The tail with what came early. */
static bool add_early(const struct tail *all, const struct split_early *early, struct tail *tail)
{
	struct tail both = *tail, head;

	both.packets[early->is_high] += early->packets;
	both.bytes[early->is_high] += early->bytes;
	if (!head_of(all, &both, &head)) {
		return false;
	}
	*tail = both;
	return true;
}

/* Takes the head out of a part, as a part of its own: the last of its conversation. */
static struct flow_record take_head(
	struct flow_record *part, unsigned source, const struct tail *head, const struct tail *tail)
{
	struct flow_record before = *part;

	for (unsigned end = 0; end < 2; end++) {
		unsigned from = end ^ source;
		before.packets[from] = head->packets[end];
		before.bytes[from] = head->bytes[end];
		before.total_packets[from] -= tail->packets[end];
		before.total_bytes[from] -= tail->bytes[end];
		part->packets[from] = tail->packets[end];
		part->bytes[from] = tail->bytes[end];
	}
	before.is_last = true;
	return before;
}

/* What became due behind that packet, and what follows, is of a conversation of its own, which
 * began then: the sums of the one before are none of it. Where a part was its last, what is behind
 * is of another one. */
static void begin_parts(struct flow_table *table, uint32_t flow, uint64_t number,
	const struct flow_record *before, unsigned source, uint64_t start_ns)
{
	struct flow_cold *cold = flow_table_cold(table, flow);
	uint64_t goes_on_ns = cold->flow_start_ns;
	bool is_over = false;
	struct flow_due *due;

	cold->part++;
	cold->flow_start_ns = start_ns;
	for (; (due = flow_report_due_behind(table, flow, number)) != NULL; number = due->packet) {
		struct flow_record *since = &table->parts[due->part];
		unsigned turned = flow_report_source_end(table, flow, since) ^ source;
		since->part++;
		if (is_over) {
			continue;
		}
		for (unsigned from = 0; from < 2; from++) {
			since->total_packets[from] -= before->total_packets[from ^ turned];
			since->total_bytes[from] -= before->total_bytes[from ^ turned];
		}
		flow_report_rename(table, flow, since);
		is_over = since->is_last;
	}
	if (is_over) {
		cold->flow_start_ns = goes_on_ns;
		return;
	}
	for (unsigned end = 0; end < 2; end++) {
		cold->total_packets[end] -= before->total_packets[end ^ source];
		cold->total_bytes[end] -= before->total_bytes[end ^ source];
	}
}

/* The part in which packet `at` is counted is due already: what came before becomes a part before
 * it, and all that are due since belong to what begins. */
static bool split_part(struct flow_table *table, struct flow_due *due,
	const struct packet_batch *packets, unsigned at, const struct split_notes *notes)
{
	uint32_t flow = due->flow;
	struct flow_record *part = &table->parts[due->part];
	uint64_t first = table->packets - packets->count, at_ns = packets->packets[at].time_ns;
	unsigned source = flow_report_source_end(table, flow, part);
	const void *key = flow_slab_key(flow_table_slab(table, flow), flow_table_number(flow));
	struct tail all, head,
		tail = tail_of(
			packets, at, (unsigned)(due->packet - first), key, flow & FLOW_NUMBER_V6);

	for (unsigned end = 0; end < 2; end++) {
		all.packets[end] = (uint32_t)part->packets[end ^ source];
		all.bytes[end] = (uint32_t)part->bytes[end ^ source];
	}
	bool has_early =
		is_counted_here(table, flow, &notes->early, first + at, first, part->start_ns) &&
		add_early(&all, &notes->early, &tail);
	uint64_t total = part->total_packets[0] + part->total_packets[1];
	if (!head_of(&all, &tail, &head) || total <= tail.packets[0] + tail.packets[1]) {
		return false;
	}
	struct flow_record before = take_head(part, source, &head, &tail);
	before.end_ns = at_ns < part->end_ns ? at_ns : part->end_ns;
	before.note = notes->part;
	part->start_ns = has_early ? notes->early.time_ns : at_ns;
	if (table->track) {
		track_split(table, flow, packets, at, has_early ? &notes->early : NULL);
	}
	begin_parts(table, flow, first + at, &before, source, part->start_ns);
	table->parts[table->part_count] = before;
	table->due[table->due_count++] =
		(struct flow_due){ first + at, flow, table->part_count++, FLOW_END_SLOT, true };
	return true;
}

bool flow_split(struct flow_table *table, uint32_t flow, const struct packet_batch *packets,
	unsigned at, const struct split_notes *notes)
{
	struct flow_state *state = flow_table_state(table, flow);
	const struct flow_cold *cold = flow_table_cold(table, flow);
	const void *key = flow_slab_key(flow_table_slab(table, flow), flow_table_number(flow));
	uint64_t end_ns = state->end_ns, at_ns = packets->packets[at].time_ns;
	uint64_t number = table->packets - packets->count + at;
	struct flow_due *due = flow_report_due_behind(table, flow, number);
	struct tail tail = tail_of(packets, at, packets->count, key, flow & FLOW_NUMBER_V6);
	struct tail all = { { state->packets[0], state->packets[1] },
		{ state->bytes[0], state->bytes[1] } };
	struct tail head;

	if (!(state->flags & FLOW_LIVE)) {
		return false;
	}
	/* Those that were due already were before the split. */
	if (due) {
		flow_split_keep_notes(table, flow, number + 1, notes->due);
		return split_part(table, due, packets, at, notes);
	}
	bool has_early =
		is_counted_here(table, flow, &notes->early, number, number - at, cold->start_ns) &&
		add_early(&all, &notes->early, &tail);
	uint64_t begin_ns = has_early ? notes->early.time_ns : at_ns;
	bool has_before = cold->total_packets[0] + cold->total_packets[1] > 0;
	if (!head_of(&all, &tail, &head) ||
		(head.packets[0] + head.packets[1] == 0 && !has_before)) {
		return false;
	}
	for (unsigned end = 0; end < 2; end++) {
		state->packets[end] = (uint16_t)head.packets[end];
		state->bytes[end] = head.bytes[end];
	}
	state->end_ns = at_ns < end_ns ? at_ns : end_ns;
	flow_split_keep_notes(table, flow, UINT64_MAX, notes->due);
	flow_report_part(table, flow);
	end_part(table, flow, notes->part, number, begin_ns);
	if (table->track) {
		track_split(table, flow, packets, at, has_early ? &notes->early : NULL);
	}
	for (unsigned end = 0; end < 2; end++) {
		state->packets[end] = (uint16_t)tail.packets[end];
		state->bytes[end] = tail.bytes[end];
	}
	state->end_ns = end_ns;
	return true;
}

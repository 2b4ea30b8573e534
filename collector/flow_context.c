#include "collector/flow_context.h"

#include <netinet/in.h>
#include <string.h>

#include "base/clock.h"
#include "collector/flow_numbers.h"

static inline uint16_t *context_at(const struct flow_slab *slab, void *key)
{
	bool is_v4 = slab->key_bytes == sizeof(struct flow_key4);
	return is_v4 ? &((struct flow_key4 *)key)->context : &((struct flow_key6 *)key)->context;
}

static inline uint16_t key_context(const struct flow_slab *slab, uint32_t number)
{
	return *context_at(slab, flow_slab_key(slab, number));
}

static bool was_seen(const struct flow_slab *slab, uint32_t number, unsigned end)
{
	return flow_slab_state(slab, number)->packets[end] > 0 ||
	       flow_slab_cold(slab, number)->total_packets[end] > 0;
}

uint16_t flow_context_of(const struct flow_slab *slab, uint32_t number, unsigned end)
{
	const struct flow_opening *opening = flow_slab_opening(slab, number);
	bool is_opener = end == !!(opening->flags & OPENING_BY_HIGH);

	return !is_opener && opening->flags & OPENING_OTHER_CONTEXT ? opening->other_context
								    : key_context(slab, number);
}

/* Moved: it came another way before, as that of a phone that went from one mast to the next. */
enum fit { FIT_NOT, FIT_MOVED, FIT_UNKNOWN, FIT_PROVED };

/* How well the ways of a packet and of the direction it would answer go together. */
enum pairing { PAIRED_OTHERWISE, PAIRED_NOT_YET, PAIRED_BY_ENDS, PAIRED_BEFORE };

/* A flow that may be the packet's. */
struct candidate {
	uint32_t number;
	enum fit fit;
	enum pairing pairing;
	bool is_one_of_many; /* that are as good: the first to begin is the first to be answered */
};

/* Do both numbers of the packet go on where its connection stands? A copy of what was seen, as of
 * the other side of a router, does not: it comes at once, where what is sent again comes later. */
static bool goes_on(const struct flow_slab *slab, uint32_t number, const struct packet *packet)
{
	enum { COPIES_WITHIN_NS = 100 * NS_PER_MS };
	const struct flow_state *state = flow_slab_state(slab, number);
	unsigned sender = (packet->flags & PACKET_FROM_HIGH) != 0;
	bool both_known = state->flags & FLOW_SEQ_LOW && state->flags & FLOW_SEQ_HIGH;
	bool is_ahead = (int32_t)(packet->tcp_seq - state->next_seq[sender]) >= 0;

	return both_known && packet->tcp_flags & TCP_ACK &&
	       (is_ahead || packet->time_ns > state->end_ns + COPIES_WITHIN_NS);
}

/* Did a flow whose both directions were seen go another way? TCP's numbers tell, also where a link
 * gave way to another with tags of its own. Of what has none the answers move: who asks under a new
 * number asks in another plan of addresses. */
static enum fit moved_fit(const struct flow_table *table, const struct flow_slab *slab,
	uint32_t number, const struct packet *packet, bool is_tcp)
{
	unsigned sender = packet_end(packet);
	bool is_opener = sender == !!(flow_slab_opening(slab, number)->flags & OPENING_BY_HIGH);
	uint16_t before = flow_context_of(slab, number, sender);
	bool is_kin = contexts_are_kin(table->contexts, packet->context, before);

	if (!was_seen(slab, number, !sender)) {
		return FIT_NOT;
	}
	if (is_tcp) {
		bool is_its_way =
			is_kin || (contexts_are_alike(table->contexts, packet->context, before) &&
					  goes_on(slab, number, packet));
		return is_its_way && !(packet->tcp_flags & TCP_SYN) &&
				       flow_numbers_fit(slab, number, packet) == NUMBERS_NEAR
			       ? FIT_MOVED
			       : FIT_NOT;
	}
	if (!is_kin) {
		return FIT_NOT;
	}
	return is_opener && !contexts_are_one_way(table->contexts, packet->context, before)
		       ? FIT_NOT
		       : FIT_MOVED;
}

/* May the packet be the first of its direction in this flow, or the first of another way, although
 * their contexts differ? */
static enum fit fit_of(const struct flow_table *table, const struct flow_slab *slab,
	uint32_t number, const struct packet *packet, uint8_t protocol)
{
	unsigned sender = packet_end(packet);
	bool is_tcp = protocol == IPPROTO_TCP && packet->tcp_flags;
	static const enum fit fit_of_numbers[] = { [NUMBERS_APART] = FIT_NOT,
		[NUMBERS_UNKNOWN] = FIT_UNKNOWN,
		[NUMBERS_NEAR] = FIT_PROVED };
	enum fit fit = FIT_UNKNOWN;

	if (was_seen(slab, number, sender)) {
		return moved_fit(table, slab, number, packet, is_tcp);
	}
	if (is_tcp) {
		fit = fit_of_numbers[flow_numbers_fit(slab, number, packet)];
	}
	if (fit == FIT_UNKNOWN) {
		uint8_t own = table->context_ways[key_context(slab, number)];
		uint8_t other = table->context_ways[packet->context];
		bool is_apart = own & other & CONTEXT_BOTH_WAYS &&
				!((own | other) & CONTEXT_ONE_WAY) &&
				!contexts_are_kin(table->contexts, key_context(slab, number),
					packet->context);
		fit = is_apart ? FIT_NOT : FIT_UNKNOWN;
	}
	return fit;
}

static enum pairing pairing_of(const struct flow_table *table, uint16_t answered, uint16_t answer)
{
	const uint16_t *pairs = table->context_pairs;

	if (pairs[answered] == answer || pairs[answer] == answered) {
		return PAIRED_BEFORE;
	}
	if (contexts_are_opposite(table->contexts, answered, answer)) {
		return PAIRED_BY_ENDS;
	}
	return pairs[answered] || pairs[answer] ? PAIRED_OTHERWISE : PAIRED_NOT_YET;
}

static void consider(
	const struct flow_slab *slab, const struct candidate *next, struct candidate *best)
{
	bool is_as_good = next->fit == best->fit && next->pairing == best->pairing;

	if (next->fit == FIT_NOT) {
		return;
	}
	if (!is_as_good) {
		bool is_better = next->fit != best->fit ? next->fit > best->fit
							: next->pairing > best->pairing;
		*best = is_better ? *next : *best;
		return;
	}
	best->is_one_of_many = true;
	if (flow_slab_cold(slab, next->number)->flow_start_ns <
		flow_slab_cold(slab, best->number)->flow_start_ns) {
		best->number = next->number;
	}
}

static void join(struct flow_table *table, struct flow_slab *slab, const struct candidate *best,
	const struct packet *packet)
{
	struct flow_opening *opening = flow_slab_opening(slab, best->number);
	unsigned sender = packet_end(packet);
	uint16_t other = flow_context_of(slab, best->number, !sender);

	if (sender == !!(opening->flags & OPENING_BY_HIGH)) {
		*context_at(slab, flow_slab_key(slab, best->number)) = packet->context;
	} else {
		opening->other_context = packet->context;
		opening->flags |= OPENING_OTHER_CONTEXT;
	}
	if (best->fit == FIT_PROVED) {
		table->context_ways[packet->context] |= CONTEXT_ONE_WAY;
		table->context_ways[other] |= CONTEXT_ONE_WAY;
	}
	if (!best->is_one_of_many) {
		table->context_pairs[packet->context] = other;
		table->context_pairs[other] = packet->context;
	}
}

/* Is the flow's key, but for its context, that of the packet? */
static inline bool has_numbers(
	const struct flow_slab *slab, uint32_t number, const struct packet *packet)
{
	const struct flow_key4 *end4 = flow_slab_key(slab, number);
	const struct flow_key6 *end6 = flow_slab_key(slab, number);

	return slab->key_bytes == sizeof(struct flow_key4)
		       ? flow_keys_match(end4, &packet->key.v4, end4->context, sizeof(*end4))
		       : flow_keys_match(end6, &packet->key.v6, end6->context, sizeof(*end6));
}

uint32_t flow_context_find(struct flow_table *table, struct flow_family *family, uint64_t hash,
	const struct packet *packet)
{
	struct flow_slab *slab = &family->slab;
	unsigned sender = packet_end(packet);
	uint8_t protocol =
		packet->flags & PACKET_V6 ? packet->key.v6.protocol : packet->key.v4.protocol;
	struct candidate best = { FLOW_NONE, FIT_NOT, PAIRED_OTHERWISE, false };
	uint32_t number;
	struct flow_index_search search;

	flow_index_begin(&family->index, hash, &search);
	while ((number = flow_index_next(&family->index, &search)) != FLOW_NONE) {
		if (!has_numbers(slab, number, packet)) {
			continue;
		}
		uint16_t context = flow_context_of(slab, number, sender);
		if (packet->context == key_context(slab, number) || packet->context == context ||
			(table->context_rule == FLOW_CONTEXT_IGNORE &&
				contexts_are_alike(table->contexts, packet->context, context))) {
			return number;
		}
		if (table->context_rule != FLOW_CONTEXT_STRICT ||
			contexts_are_kin(table->contexts, packet->context, context)) {
			struct candidate next = { .number = number,
				.fit = fit_of(table, slab, number, packet, protocol),
				.pairing = pairing_of(table, flow_context_of(slab, number, !sender),
					packet->context) };
			consider(slab, &next, &best);
		}
	}
	if (best.number != FLOW_NONE) {
		join(table, slab, &best, packet);
	}
	return best.number;
}

void flow_context_learn(
	struct flow_table *table, struct flow_family *family, uint32_t number, uint16_t context)
{
	const struct flow_slab *slab = &family->slab;

	if (was_seen(slab, number, 0) && was_seen(slab, number, 1) &&
		!(flow_slab_opening(slab, number)->flags & OPENING_OTHER_CONTEXT)) {
		table->context_ways[context] |= CONTEXT_BOTH_WAYS;
	}
}

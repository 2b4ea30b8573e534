#include "collector/flow_context.h"

#include <netinet/in.h>
#include <string.h>

/* Numbers of one connection lie within the largest windows in use of each other. */
enum { NUMBERS_REACH = 1 << 24 };

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

enum fit { FIT_NOT, FIT_UNKNOWN, FIT_PROVED };

static bool is_near(uint32_t a, uint32_t b)
{
	return a - b + NUMBERS_REACH <= 2 * NUMBERS_REACH;
}

/* Do TCP's numbers say that the packet is of this connection? */
static enum fit numbers_fit(
	const struct flow_slab *slab, uint32_t number, const struct packet *packet)
{
	const struct flow_state *state = flow_slab_state(slab, number);
	unsigned sender = (packet->flags & PACKET_FROM_HIGH) != 0;
	bool is_judged = false;

	if (packet->tcp_flags & TCP_ACK && state->flags & (FLOW_SEQ_LOW << !sender)) {
		if (!is_near(packet->tcp_ack, state->next_seq[!sender])) {
			return FIT_NOT;
		}
		is_judged = true;
	}
	if (state->flags & (FLOW_SEQ_LOW << sender)) {
		if (!is_near(packet->tcp_seq, state->next_seq[sender])) {
			return FIT_NOT;
		}
		is_judged = true;
	}
	return is_judged ? FIT_PROVED : FIT_UNKNOWN;
}

/* May the packet be the first of its direction in this flow, although their contexts differ? */
static enum fit fit_of(const struct flow_table *table, const struct flow_slab *slab,
	uint32_t number, const struct packet *packet, uint8_t protocol)
{
	enum fit fit = FIT_UNKNOWN;

	if (was_seen(slab, number, (packet->flags & PACKET_FROM_HIGH) != 0)) {
		return FIT_NOT;
	}
	if (protocol == IPPROTO_TCP && packet->tcp_flags) {
		fit = numbers_fit(slab, number, packet);
	}
	if (fit == FIT_UNKNOWN) {
		uint8_t own = table->context_ways[key_context(slab, number)];
		uint8_t other = table->context_ways[packet->context];
		bool is_apart = own & other & CONTEXT_BOTH_WAYS &&
				!((own | other) & CONTEXT_ONE_WAY) &&
				!contexts_are_twins(table->contexts, key_context(slab, number),
					packet->context);
		fit = is_apart ? FIT_NOT : FIT_UNKNOWN;
	}
	return fit;
}

static void join(struct flow_table *table, struct flow_slab *slab, uint32_t number,
	const struct packet *packet, enum fit fit)
{
	struct flow_opening *opening = flow_slab_opening(slab, number);

	opening->other_context = packet->context;
	opening->flags |= OPENING_OTHER_CONTEXT;
	if (fit == FIT_PROVED) {
		table->context_ways[packet->context] |= CONTEXT_ONE_WAY;
		table->context_ways[key_context(slab, number)] |= CONTEXT_ONE_WAY;
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
	unsigned sender = (packet->flags & PACKET_FROM_HIGH) != 0;
	uint8_t protocol =
		packet->flags & PACKET_V6 ? packet->key.v6.protocol : packet->key.v4.protocol;
	uint32_t best = FLOW_NONE, number;
	enum fit best_fit = FIT_NOT;
	struct flow_index_search search = flow_index_begin(&family->index, hash);

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
			contexts_are_twins(table->contexts, packet->context, context)) {
			enum fit fit = fit_of(table, slab, number, packet, protocol);
			if (fit > best_fit) {
				best_fit = fit;
				best = number;
			}
		}
	}
	if (best != FLOW_NONE) {
		join(table, slab, best, packet, best_fit);
	}
	return best;
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

#include "analyzer/vantage/vantage_probes.h"

#include <stdio.h>
#include <string.h>

#include "analyzer/policy/policy_segments.h"
#include "analyzer/record/symbols.h"
#include "base/clock.h"
#include "collector/packet.h"

static uint16_t unit_of(const struct probe_key *key, const struct policy *policy, uint32_t segment)
{
	for (unsigned i = 0; i < policy_unit_count(policy); i++) {
		uint16_t unit = policy_unit_at(policy, i);
		if (probe_segment(key, symbol_name(SYMBOL_UNIT, unit)) == segment) {
			return unit;
		}
	}
	return 0;
}

struct search {
	const struct probe_key *key;
	uint32_t segment;
	uint16_t found;
};

static void look_at(void *context, const struct policy_segment *segment)
{
	struct search *search = context;

	if (probe_segment(search->key, symbol_name(SYMBOL_NETWORK, segment->symbol)) ==
		search->segment) {
		search->found = segment->symbol;
	}
}

/* What is of no unit goes by the network or VLAN, as the policy lists it. */
static uint16_t network_of(
	const struct probe_key *key, const struct policy *policy, uint32_t segment)
{
	struct search search = { .key = key, .segment = segment };

	policy_segments(policy, look_at, &search);
	return search.found;
}

static bool is_from_network(
	const struct policy *policy, const struct record *record, uint16_t network)
{
	uint16_t vlan_id = record->flow.context.vlan_id;

	return network != 0 && (policy_segment_of(policy, record_own_addr(record)) == network ||
				       (policy_knows_vlan(policy, vlan_id) &&
					       policy_segment_of_vlan(policy, vlan_id) == network));
}

static bool have_same_marker(const struct probe_seen *one, const struct probe_seen *other)
{
	return one->time_s == other->time_s && one->segment == other->segment &&
	       one->number == other->number && one->transport == other->transport &&
	       strcmp(one->name, other->name) == 0;
}

/* The place of an earlier one with the same marker; PROBES_MAX none. */
static unsigned find_same(const struct probes *probes, const struct probe_seen *fresh)
{
	unsigned i = 0;

	while (i < probes_kept(probes) && !have_same_marker(&probes->items[i], fresh)) {
		i++;
	}
	return i < probes_kept(probes) ? i : PROBES_MAX;
}

static struct probe_seen seen_of(
	const struct probe_key *key, const struct policy *policy, const struct record *record)
{
	bool is_tcp = record->flow.protocol == PROBE_TCP;
	bool is_late = is_tcp && record->flow.tcp_state == TCP_STATE_MIDSTREAM;
	struct probe_seen seen = { .flow_id = record->flow.flow_id,
		.start_ns = record->flow.flow_start_ns,
		.time_s = record->l7.probe_time_s,
		.segment = record->l7.probe_segment,
		.number = record->l7.probe_number,
		.unit = unit_of(key, policy, record->l7.probe_segment),
		.from_unit = record->decision.unit,
		.from_network = policy_segment_of(policy, record_own_addr(record)),
		.is_one_way = record->seen != RECORD_SEEN_BOTH && is_tcp && !is_late,
		.is_late = record->seen != RECORD_SEEN_BOTH && is_late,
		.was_reset = (record->flow.tcp_flags[1] & TCP_RST) != 0,
		.was_closed = (record->flow.tcp_flags[1] & TCP_FIN) != 0 &&
			      record->flow.left_first == FLOW_LEFT_DESTINATION,
		.was_told = is_tcp && (record->l7.findings >> L7_FINDING_UNANSWERED & 1),
		.transport = record->flow.protocol,
		.refusal = record->l7.refusal,
		.outcome = (uint8_t)policy_probe_outcome(policy, record) };

	seen.network = seen.unit ? 0 : network_of(key, policy, seen.segment);
	seen.is_in_place = seen.unit ? seen.unit == seen.from_unit
				     : is_from_network(policy, record, seen.network);
	snprintf(seen.name, sizeof(seen.name), "%s", l7_info_domain(&record->l7));
	snprintf(seen.refused_by, sizeof(seen.refused_by), "%s", l7_info_refused_by(&record->l7));
	return seen;
}

const struct probe_seen *probes_take(struct probes *probes, const struct probe_key *key,
	const struct policy *policy, const struct record *record)
{
	uint64_t now_s = record->flow.flow_start_ns / NS_PER_S;
	uint32_t time_s = record->l7.probe_time_s;

	if (!probe_is_timely(time_s, now_s)) {
		probes->untimely++;
		probes->apart_s = (int64_t)time_s - (int64_t)now_s;
		return NULL;
	}
	struct probe_seen fresh = seen_of(key, policy, record);
	unsigned same = find_same(probes, &fresh);
	probes->refused += same < PROBES_MAX;
	if (same < PROBES_MAX && (probes->items[same].is_in_place || !fresh.is_in_place)) {
		return NULL;
	}
	/* One from elsewhere that was told first was the copy. */
	struct probe_seen *place =
		&probes->items[same < PROBES_MAX ? same : probes->count++ % PROBES_MAX];
	*place = fresh;
	return place;
}

#include "analyzer/vantage/vantage_ports.h"

#include "analyzer/policy/block.h"

enum { PAIRS_LEAST = 20, PAIRS_PERCENT = 2 };

static bool is_wrapped(const struct flow_record *flow)
{
	bool is = false;

	for (unsigned i = 0; i < CONTEXT_TUNNELS_MAX; i++) {
		is |= tunnel_kind_wraps(flow->context.tunnels[i]);
	}
	return is;
}

void ports_take(struct ports *ports, const struct record *record)
{
	const struct flow_record *flow = &record->flow;
	const struct ports_flow taken = { .flow_id = flow->flow_id,
		.worker = flow->worker,
		.vlan_id = flow->context.vlan_id,
		.has_sent = { flow->total_packets[0] > 0, flow->total_packets[1] > 0 } };
	struct ports_flow *kept = &ports->flows[flow->flow_id % PORTS_FLOWS];

	if (flow->protocol != IP_PROTOCOL_TCP || !flow->start_seen || is_wrapped(flow)) {
		return;
	}
	ports->told++;
	if (kept->flow_id != taken.flow_id || kept->worker == taken.worker ||
		kept->vlan_id != taken.vlan_id) {
		*kept = taken;
		return;
	}
	bool is_half = taken.has_sent[0] != taken.has_sent[1];
	ports->twice += !is_half && kept->has_sent[0] && kept->has_sent[1];
	ports->halves += is_half && kept->has_sent[0] != taken.has_sent[0] &&
			 kept->has_sent[1] != taken.has_sent[1];
	*kept = (struct ports_flow){ .flow_id = 0 };
}

static bool are_many(const struct ports *ports, uint64_t pairs)
{
	return pairs >= PAIRS_LEAST && pairs * 100 >= ports->told * PAIRS_PERCENT;
}

bool ports_are_doubled(const struct ports *ports)
{
	return are_many(ports, ports->twice);
}

bool ports_are_halves(const struct ports *ports)
{
	return are_many(ports, ports->halves);
}

#include "analyzer/vantage/vantage_multicast.h"

#include <string.h>

#include "analyzer/policy/block.h"
#include "base/clock.h"

enum { PACKETS_LEAST = 4, COPIES_LEAST = 10 };

/* A router sends all copies of a packet at once. */
#define APART_NS (20 * NS_PER_MS)

void multicast_init(struct multicast *multicast)
{
	*multicast = (struct multicast){ .key = hash_key_random() };
}

static bool is_group(const struct addr *addr)
{
	return addr_is_v4(addr) ? addr->bytes[12] >> 4 == 14 : addr->bytes[0] == 0xff;
}

/* Sender and group, and how much was sent. */
static uint64_t print_of(const struct multicast *multicast, const struct flow_record *flow)
{
	struct {
		struct addr source, group;
		uint64_t ports, packets, bytes;
	} what;

	memset(&what, 0, sizeof(what));
	what.source = flow->source;
	what.group = flow->destination;
	what.ports = (uint64_t)flow->source_port << 16 | flow->destination_port;
	what.packets = flow->total_packets[0];
	what.bytes = flow->total_bytes[0];
	return hash_bytes(&multicast->key, &what, sizeof(what));
}

static bool is_near(uint64_t one, uint64_t other)
{
	return (one > other ? one - other : other - one) <= APART_NS;
}

void multicast_take(struct multicast *multicast, const struct flow_record *flow)
{
	if (flow->protocol != IP_PROTOCOL_UDP || flow->context.vlan_id == 0 ||
		!is_group(&flow->destination) || flow->total_packets[0] < PACKETS_LEAST) {
		return;
	}
	struct multicast_flow taken = { .print = print_of(multicast, flow),
		.start_ns = flow->flow_start_ns,
		.end_ns = flow->end_ns,
		.vlan_id = flow->context.vlan_id };
	struct multicast_flow *kept = &multicast->flows[taken.print % MULTICAST_FLOWS];

	if (kept->print == taken.print && kept->vlan_id != taken.vlan_id &&
		is_near(kept->start_ns, taken.start_ns) && is_near(kept->end_ns, taken.end_ns)) {
		multicast->copies++;
		multicast->bytes += flow->total_bytes[0];
		multicast->vlan_ids[0] = kept->vlan_id;
		multicast->vlan_ids[1] = taken.vlan_id;
		return;
	}
	*kept = taken;
}

bool multicast_is_copied(const struct multicast *multicast)
{
	return multicast->copies >= COPIES_LEAST;
}

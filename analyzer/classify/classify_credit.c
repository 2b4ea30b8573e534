/* Which look-ups named which flow, for whoever writes their packets (lookups.h). */
#include "analyzer/classify/classify_parts.h"
#include "analyzer/classify/lookups.h"
#include "analyzer/classify/names.h"

enum { IP_TCP = 6 };

void classify_read_at(struct classify *classify, const struct collector *collector,
	const struct collector_batch *batch, const struct peek *peek)
{
	const struct packet *packet = &batch->packets.packets[peek->packet];
	const struct frame_ref *frames = batch->packets.frames;
	uint8_t protocol =
		packet->flags & PACKET_V6 ? packet->key.v6.protocol : packet->key.v4.protocol;
	const struct lookup_place place = {
		.frame = frames[peek->packet].number,
		.latest = frames[batch->packets.count - 1].number,
		.serial = collector_serial(collector, peek->flow),
		.is_stream = protocol == IP_TCP,
		.is_reassembled = (packet->flags & PACKET_REASSEMBLED) != 0,
	};

	lookups_at(classify->tables.lookups, &place);
}

void classify_credit_flow(const struct classify *classify, const struct collector *collector,
	uint32_t flow, const struct flow_ends *ends, uint64_t time_ns)
{
	names_credit(classify->tables.names, &ends->source, &ends->destination, time_ns,
		collector_serial(collector, flow));
}

void classify_credit_name(
	const struct classify *classify, const struct flow_record *flow, const struct l7_info *l7)
{
	if (l7->name_count > 0 && l7->protocol != L7_DNS) {
		names_credit_lookup(classify->tables.names, &flow->source, l7_info_name(l7, 0),
			l7->names[0].length, flow->flow_start_ns, flow->serial);
	}
}

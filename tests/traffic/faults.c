#include "tests/traffic/faults.h"

#include <string.h>

#include "base/clock.h"
#include "tests/traffic/bytes.h"

enum { IPV4_HEADER = 20, PORT_DNS = 53, UDP = 17, TCP = 6, SEGMENT_LEAST = 1000 };

static const char *const names[] = {
#define X(id, name) [FAULT_##id] = (name),
	FAULTS(X)
#undef X
};

enum fault fault_find(const char *name)
{
	unsigned fault = 0;

	while (fault < FAULT_COUNT && strcmp(name, names[fault]) != 0) {
		fault++;
	}
	return fault;
}

const char *fault_name(enum fault fault)
{
	return names[fault];
}

static bool is_lookup(const struct timeline *timeline, const struct timeline_packet *packet)
{
	const uint8_t *bytes = timeline_bytes(timeline, packet);
	bool is_v4 = packet->ethertype == ETHERTYPE_IPV4;
	const uint8_t *ports = bytes + (is_v4 ? 20 : 40);

	return (is_v4 ? bytes[9] : bytes[6]) == UDP &&
	       (ports[0] * 256 + ports[1] == PORT_DNS || ports[2] * 256 + ports[3] == PORT_DNS);
}

static bool is_of_unit(const struct timeline *timeline, const struct timeline_packet *packet)
{
	return timeline_get_path(timeline, packet->path)->vlan_id == FAULT_VLAN;
}

static bool is_lost(enum fault fault, const struct timeline *timeline,
	const struct timeline_packet *packet, size_t place)
{
	switch (fault) {
	case FAULT_ONE_WAY:
		return !packet->from_device;
	case FAULT_ONE_WAY_UNIT:
		return !packet->from_device && is_of_unit(timeline, packet);
	case FAULT_LOSS:
		return place % 12 == 0;
	case FAULT_VLAN_MISSING:
		return is_of_unit(timeline, packet);
	case FAULT_DNS_NONE:
	case FAULT_DNS_ENCRYPTED:
		return is_lookup(timeline, packet);
	case FAULT_DNS_RESOLVER: /* the resolver has a path of its own, without a tag */
		return is_lookup(timeline, packet) &&
		       timeline_get_path(timeline, packet->path)->vlan_id != 0;
	case FAULT_DNS_ANSWERS:
		return is_lookup(timeline, packet) && !packet->from_device;
	default:
		return false;
	}
}

/* A large segment and the next of its flow become one, as a network card puts them together. */
static void merge(struct timeline *timeline)
{
	size_t count;
	struct timeline_packet *packets = timeline_packets(timeline, &count);

	for (size_t i = 0; i + 1 < count; i++) {
		struct timeline_packet *packet = &packets[i], *next = packet + 1;
		/* The store of bytes is the timeline's; these are its own. */
		uint8_t *bytes = (uint8_t *)(uintptr_t)timeline_bytes(timeline, packet);
		if (packet->ethertype != ETHERTYPE_IPV4 || bytes[9] != TCP || packet->is_dropped ||
			packet->wire_bytes < SEGMENT_LEAST || next->flow != packet->flow ||
			next->direction != packet->direction || next->wire_bytes < SEGMENT_LEAST) {
			continue;
		}
		packet->wire_bytes += next->wire_bytes - IPV4_HEADER - 20;
		put_u16(bytes + 2, packet->wire_bytes);
		put_u16(bytes + 10, 0);
		put_u16(bytes + 10, internet_checksum(checksum_add(0, bytes, IPV4_HEADER)));
		next->is_dropped = true;
		i++;
	}
}

void fault_apply(enum fault fault, struct timeline *timeline)
{
	size_t count;
	struct timeline_packet *packets = timeline_packets(timeline, &count);

	for (size_t i = 0; i < count; i++) {
		packets[i].is_dropped |= is_lost(fault, timeline, &packets[i], i);
	}
	if (fault == FAULT_MERGED) {
		merge(timeline);
	}
}

int64_t fault_shift_ns(enum fault fault)
{
	const int64_t day_ns = 86400 * (int64_t)NS_PER_S;

	switch (fault) {
	case FAULT_CLOCK_FUTURE:
		return 3650 * day_ns;
	case FAULT_CLOCK_UNSET:
		return -20529 * day_ns; /* the scenario's day becomes the first of 1970 */
	case FAULT_CLOCK_APART:
		return 37 * (int64_t)NS_PER_S;
	default:
		return 0;
	}
}

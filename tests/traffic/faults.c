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

static bool is_inside(const uint8_t *addr, bool is_v4)
{
	return is_v4 ? addr[0] == 10 : addr[0] == 0x20 && addr[2] == 0x0d;
}

/* The ends of one NAT keep apart by their ports. Nobody reads the transport's checksum. */
static void translate(uint8_t *bytes, bool from_device)
{
	static const uint8_t outer[4] = { 198, 51, 100, 7 };
	uint8_t *addr = bytes + (from_device ? 12 : 16), *port = bytes + (from_device ? 20 : 22);
	unsigned number = port[0] * 256u + port[1] + addr[1] * 4099u + addr[3] * 997u;

	put_u16(port, 16384 + number % 49152);
	memcpy(addr, outer, sizeof(outer));
}

/* The packet as it is on the other side of a router, a NAT or a firewall; false: it stays inside.
 */
static bool pass_on(enum fault fault, uint8_t *bytes, const struct timeline_packet *packet)
{
	bool is_v4 = packet->ethertype == ETHERTYPE_IPV4;
	const uint8_t *source = bytes + (is_v4 ? 12 : 8), *destination = source + (is_v4 ? 4 : 16);
	uint8_t *hops = bytes + (is_v4 ? 8 : 7);

	if ((!is_v4 && packet->ethertype != ETHERTYPE_IPV6) ||
		(fault == FAULT_TRANSLATED &&
			(!is_v4 || (is_inside(source, is_v4) && is_inside(destination, is_v4))))) {
		return false;
	}
	*hops = (uint8_t)(*hops + (fault == FAULT_RETAGGED ? 0 : packet->from_device ? -1 : 1));
	if (fault == FAULT_TRANSLATED) {
		translate(bytes, packet->from_device);
	}
	if (is_v4) {
		put_u16(bytes + 10, 0);
		put_u16(bytes + 10, internet_checksum(checksum_add(0, bytes, IPV4_HEADER)));
	}
	return true;
}

static uint16_t other_side(struct timeline *timeline, enum fault fault, uint16_t number)
{
	struct path path = *timeline_get_path(timeline, number);

	path.vlan_id = FAULT_OTHER_VLAN;
	if (fault != FAULT_RETAGGED) {
		path.device_mac[5] ^= 0x55;
		path.router_mac[5] ^= 0x55;
	}
	return timeline_path(timeline, &path);
}

/* What goes out is seen inside first, and what comes in outside. */
static void copy_beyond(enum fault fault, struct timeline *timeline)
{
	const uint64_t delay_ns = 150 * NS_PER_US;
	size_t count, now;

	timeline_packets(timeline, &count);
	for (size_t i = 0; i < count; i++) {
		struct timeline_packet copy = timeline_packets(timeline, &now)[i];
		uint8_t bytes[65536];
		memcpy(bytes, timeline_bytes(timeline, &copy), copy.stored_bytes);
		if (copy.is_dropped || !pass_on(fault, bytes, &copy)) {
			continue;
		}
		copy.time_ns += copy.from_device ? delay_ns : -delay_ns;
		copy.path = other_side(timeline, fault, copy.path);
		copy.is_copy = true;
		timeline_add(timeline, &copy, bytes);
	}
	timeline_sort(timeline);
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
	} else if (fault == FAULT_ROUTED || fault == FAULT_TRANSLATED || fault == FAULT_RETAGGED) {
		copy_beyond(fault, timeline);
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

#include "tests/traffic/udp_session.h"

#include "base/clock.h"

enum { PROTOCOL_ICMP = 1, PROTOCOL_UDP = 17, PROTOCOL_ICMPV6 = 58, PING_BYTES = 56 };

void udp_init(struct conversation *udp, struct scene *scene, struct device *device,
	const struct endpoint *server, uint64_t start_ns, const struct truth_flow *truth)
{
	conversation_open(udp, scene, device, server, PROTOCOL_UDP, start_ns, truth);
}

void udp_send(struct conversation *udp, unsigned side, const void *bytes, size_t count)
{
	struct packet_builder *packet = &udp->scene->packet;

	packet_begin(packet, bytes, count);
	packet_put_udp(packet, &udp->ends[side], &udp->ends[!side]);
	conversation_send(udp, side);
}

void udp_answer(struct conversation *udp, const void *bytes, size_t count)
{
	udp->now_ns += udp->delay_ns[1];
	udp_send(udp, 1, bytes, count);
}

void icmp_ping(struct scene *scene, struct device *device, const struct addr *target,
	uint64_t start_ns, unsigned count)
{
	struct conversation ping;
	bool is_v4 = addr_is_v4(target);
	struct endpoint server = { *target, 0 };
	struct truth_flow truth = { .name = "*", .name_flow = TRUTH_NO_FLOW };
	uint8_t payload[PING_BYTES] = { 0 };
	uint32_t identifier = (uint32_t)rng_below(&scene->rng, 65536) << 16;

	conversation_open(&ping, scene, device, &server, is_v4 ? PROTOCOL_ICMP : PROTOCOL_ICMPV6,
		start_ns, &truth);
	for (unsigned i = 0; i < count; i++) {
		for (unsigned side = 0; side < 2; side++) {
			uint8_t type = is_v4 ? (side ? 0 : 8) : (side ? 129 : 128);
			packet_begin(&scene->packet, payload, sizeof(payload));
			packet_put_icmp(&scene->packet, &ping.ends[side].addr,
				&ping.ends[!side].addr, type, 0, identifier | i);
			conversation_send(&ping, side);
			ping.now_ns += side ? NS_PER_S : ping.delay_ns[1];
		}
	}
}

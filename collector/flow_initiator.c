#include "collector/flow_initiator.h"

#include <arpa/inet.h>
#include <netinet/in.h>

enum {
	PORT_SYSTEM_END = 1024,      /* RFC 6335, 6: system ports below */
	PORT_EPHEMERAL_FIRST = 32768 /* Linux' default range; IANA's and Windows' begin at 49152 */
};

/* Types that answer another type: RFC 792, 950, 1256 and RFC 4443, 2710, 4861. */
static bool icmp_answers(uint8_t protocol, uint16_t type)
{
	if (protocol == IPPROTO_ICMP) {
		return type == 0 || type == 9 || type == 14 || type == 16 || type == 18;
	}
	return type == 129 || type == 131 || type == 134 || type == 136 || type == 140;
}

static bool port_is_service(uint16_t sender, uint16_t receiver, bool start_may_be_missed)
{
	if (sender < PORT_SYSTEM_END) {
		return receiver >= PORT_SYSTEM_END;
	}
	return start_may_be_missed && sender < PORT_EPHEMERAL_FIRST &&
	       receiver >= PORT_EPHEMERAL_FIRST;
}

struct flow_initiator flow_initiator_of(const struct packet *packet, bool start_may_be_missed)
{
	bool is_v6 = packet->flags & PACKET_V6, is_high = packet->flags & PACKET_FROM_HIGH;
	const uint16_t *ports_be = is_v6 ? packet->key.v6.port_be : packet->key.v4.port_be;
	uint8_t protocol = is_v6 ? packet->key.v6.protocol : packet->key.v4.protocol;
	uint16_t sender = ntohs(ports_be[is_high]), receiver = ntohs(ports_be[!is_high]);

	switch (protocol) {
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		if (!(packet->flags & PACKET_ONE_ICMP_WAY) && icmp_answers(protocol, sender)) {
			return (struct flow_initiator){ !is_high, true };
		}
		return (struct flow_initiator){ is_high, true };
	case IPPROTO_TCP:
		if (packet->tcp_flags & TCP_SYN) {
			bool answers = packet->tcp_flags & TCP_ACK;
			return (struct flow_initiator){ is_high != answers, true };
		}
		start_may_be_missed = true;
		break;
	default:
		break;
	}
	if (port_is_service(sender, receiver, start_may_be_missed)) {
		return (struct flow_initiator){ !is_high, false };
	}
	bool is_known = !start_may_be_missed || port_is_service(receiver, sender, false);
	return (struct flow_initiator){ is_high, is_known && protocol != IPPROTO_TCP };
}

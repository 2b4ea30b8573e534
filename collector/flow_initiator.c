#include "collector/flow_initiator.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

enum {
	PORT_SYSTEM_END = 1024,      /* RFC 6335, 6: system ports below */
	PORT_EPHEMERAL_FIRST = 32768 /* Linux' default range; IANA's and Windows' begin at 49152 */
};

/* How much a port looks like that of a service. */
enum rank { RANK_EPHEMERAL, RANK_REGISTERED, RANK_SYSTEM, RANK_USUAL };

/* Services that hardly anybody uses as a port of his own (IANA's registry, and what is in use). */
static bool is_usual(uint16_t port)
{
	switch (port) {
	case 20:
	case 21:
	case 22:
	case 23:
	case 25:
	case 53:
	case 67:
	case 69:
	case 80:
	case 88:
	case 110:
	case 111:
	case 123:
	case 137:
	case 138:
	case 143:
	case 161:
	case 389:
	case 443:
	case 445:
	case 465:
	case 500:
	case 587:
	case 631:
	case 636:
	case 853:
	case 993:
	case 995:
	case 1080:
	case 1194:
	case 1433:
	case 1521:
	case 1701:
	case 1723:
	case 1812:
	case 1813:
	case 1883:
	case 1900:
	case 2049:
	case 3128:
	case 3268:
	case 3306:
	case 3389:
	case 3478:
	case 3544:
	case 4500:
	case 4789:
	case 5060:
	case 5061:
	case 5222:
	case 5223:
	case 5228:
	case 5349:
	case 5353:
	case 5355:
	case 5432:
	case 5671:
	case 5672:
	case 5683:
	case 5684:
	case 5900:
	case 5938:
	case 6379:
	case 6514:
	case 6881:
	case 8000:
	case 8080:
	case 8443:
	case 8883:
	case 9092:
	case 9100:
	case 9200:
	case 11211:
	case 19302:
	case 27017:
	case 41641:
	case 51820:
		return true;
	default:
		return false;
	}
}

/* Ports to which others tell things and which never answer: syslog, SNMP's traps, flow exports.
 * Many of those who tell use the same port as their own. */
static bool is_listener(uint16_t port)
{
	return port == 162 || port == 514 || port == 2055 || port == 2056 || port == 4739 ||
	       port == 6343 || port == 8125 || port == 9995 || port == 9996;
}

static enum rank rank_of(uint16_t port)
{
	if (is_usual(port)) {
		return RANK_USUAL;
	}
	return port < PORT_SYSTEM_END        ? RANK_SYSTEM
	       : port < PORT_EPHEMERAL_FIRST ? RANK_REGISTERED
					     : RANK_EPHEMERAL;
}

static enum rank rank_of_sender(uint16_t port)
{
	return is_listener(port) ? RANK_REGISTERED : rank_of(port);
}

static enum rank rank_of_receiver(uint16_t port)
{
	return is_listener(port) ? RANK_USUAL : rank_of(port);
}

bool flow_initiator_answers(uint16_t sender, uint16_t receiver)
{
	return rank_of_sender(sender) >= RANK_SYSTEM && receiver >= PORT_EPHEMERAL_FIRST;
}

/* RFC 1112 and RFC 4291, 2.7: groups; and IPv4's broadcast to all on the link. */
static bool is_group(const struct packet *packet, unsigned end)
{
	if (packet->flags & PACKET_V6) {
		return packet->key.v6.addr[end][0] == 0xff;
	}
	const uint8_t *addr = packet->key.v4.addr[end];
	return addr[0] >> 4 == 14 || (addr[0] & addr[1] & addr[2] & addr[3]) == 0xff;
}

/* Did its frame go to all stations? Only a router on the way to a network and the stations in it
 * know which address is IPv4's broadcast to that network (RFC 919); its frames tell. Where the
 * sender's MAC is a group's or nobody's as well somebody has overwritten both. */
static bool is_to_all(const struct packet *packet)
{
	static const uint8_t all[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, none[6];
	const uint8_t *frame = packet->payload - packet->frame_ahead;

	return packet->frame_ahead >= 2 * sizeof(all) && memcmp(frame, all, sizeof(all)) == 0 &&
	       !(frame[6] & 1) && memcmp(frame + 6, none, sizeof(none)) != 0;
}

/* Types that answer another type: RFC 792, 950, 1256 and RFC 4443, 2710, 4861. */
static bool icmp_answers(uint8_t protocol, uint16_t type)
{
	if (protocol == IPPROTO_ICMP) {
		return type == 0 || type == 9 || type == 14 || type == 16 || type == 18;
	}
	return type == 129 || type == 131 || type == 134 || type == 136 || type == 140;
}

/* Does the sender, by the ports, answer? With its beginning in sight only a service's own port
 * speaks against the first sender. */
static bool looks_like_answer(uint16_t sender, uint16_t receiver, bool start_may_be_missed)
{
	if (start_may_be_missed) {
		return rank_of_sender(sender) > rank_of_receiver(receiver);
	}
	return sender < PORT_SYSTEM_END && !is_listener(sender) && receiver >= PORT_SYSTEM_END;
}

struct flow_initiator flow_initiator_of(const struct packet *packet, bool start_may_be_missed)
{
	bool is_v6 = packet->flags & PACKET_V6, is_high = packet->flags & PACKET_FROM_HIGH;
	const uint16_t *ports_be = is_v6 ? packet->key.v6.port_be : packet->key.v4.port_be;
	uint8_t protocol = is_v6 ? packet->key.v6.protocol : packet->key.v4.protocol;
	uint16_t sender = ntohs(ports_be[is_high]), receiver = ntohs(ports_be[!is_high]);

	if (is_group(packet, !is_high)) {
		return (struct flow_initiator){ is_high, true };
	}
	if (is_group(packet, is_high)) {
		return (struct flow_initiator){ !is_high, true };
	}
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
		if (is_to_all(packet)) {
			return (struct flow_initiator){ is_high, !start_may_be_missed };
		}
		break;
	}
	if (looks_like_answer(sender, receiver, start_may_be_missed)) {
		return (struct flow_initiator){ !is_high, false };
	}
	/* A low port that is nobody's in particular may be anybody's own: what is said will tell.
	 */
	bool is_known = !start_may_be_missed || (rank_of(receiver) == RANK_USUAL &&
							looks_like_answer(receiver, sender, false));
	return (struct flow_initiator){ is_high, is_known && protocol != IPPROTO_TCP };
}

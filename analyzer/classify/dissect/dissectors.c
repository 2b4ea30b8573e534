#include "analyzer/classify/dissect/dissector.h"

const struct dissector *const dissectors[DISSECTOR_COUNT] = {
#define X(name) [DISSECTOR_##name] = &dissector_##name,
	DISSECTORS(X)
#undef X
};

static bool may_begin(const struct begins *begins, uint8_t byte)
{
	bool may = begins->count == 0;

	for (unsigned i = 0; i < begins->count; i++) {
		may |= byte >= begins->ranges[i].first && byte <= begins->ranges[i].last;
	}
	return may;
}

void dissector_choices_init(struct dissector_choices *choices)
{
	_Static_assert((int)DISSECTOR_COUNT <= 64, "a bit for each");
	*choices = (struct dissector_choices){ 0 };
	for (unsigned i = 0; i < DISSECTOR_COUNT; i++) {
		const struct dissector *dissector = dissectors[i];
		if (dissector->is_inner) {
			continue;
		}
		choices->anybody |= UINT64_C(1) << i;
		choices->stream_began |= (uint64_t)(dissector->stream_began != NULL) << i;
		choices->datagram_began |= (uint64_t)(dissector->datagram_began != NULL) << i;
		for (unsigned byte = 0; byte <= UINT8_MAX; byte++) {
			bool stream = dissector->stream &&
				      may_begin(&dissector->stream_begins, (uint8_t)byte);
			bool datagram = dissector->datagram &&
					may_begin(&dissector->datagram_begins, (uint8_t)byte);
			choices->streams[byte] |= (uint64_t)stream << i;
			choices->datagrams[byte] |= (uint64_t)datagram << i;
		}
	}
}

enum dissect_began dissectors_who_began(const struct dissector_choices *choices,
	const struct dissection *dissection, bool is_stream)
{
	enum dissect_began began = DISSECT_BEGAN_UNKNOWN;

	if (reader_left(&dissection->in) == 0) {
		return began;
	}
	uint8_t first = dissection->in.at[0];
	uint64_t left = is_stream ? choices->streams[first] & choices->stream_began
				  : choices->datagrams[first] & choices->datagram_began;
	for (; left && began == DISSECT_BEGAN_UNKNOWN; left &= left - 1) {
		const struct dissector *dissector = dissectors[__builtin_ctzll(left)];
		began = is_stream ? dissector->stream_began(dissection)
				  : dissector->datagram_began(dissection);
	}
	return began;
}

enum { IP_ICMP = 1, IP_TCP = 6, IP_UDP = 17, IP_ESP = 50, IP_AH = 51, IP_ICMPV6 = 58 };

/* IANA, Service Name and Transport Protocol Port Number Registry; only what is hardly used for
 * anything else. Asked for both ports of every flow that showed nothing, so by place and not by
 * search. */
static const uint8_t usual_on_tcp[UINT16_MAX + 1] = {
	[21] = L7_FTP,
	[22] = L7_SSH,
	[25] = L7_SMTP,
	[53] = L7_DNS,
	[80] = L7_HTTP,
	[88] = L7_KERBEROS,
	[110] = L7_POP3,
	[139] = L7_NETBIOS,
	[143] = L7_IMAP,
	[389] = L7_LDAP,
	[443] = L7_TLS,
	[445] = L7_SMB,
	[465] = L7_SMTP,
	[587] = L7_SMTP,
	[636] = L7_LDAP,
	[853] = L7_TLS,
	[993] = L7_IMAP,
	[995] = L7_POP3,
	[1080] = L7_SOCKS,
	[1194] = L7_OPENVPN,
	[1883] = L7_MQTT,
	[3389] = L7_RDP,
	[3478] = L7_STUN,
	[5060] = L7_SIP,
	[5222] = L7_XMPP,
	[8080] = L7_HTTP,
	[8883] = L7_MQTT,
};

static const uint8_t usual_on_udp[UINT16_MAX + 1] = {
	[53] = L7_DNS,
	[67] = L7_DHCP,
	[68] = L7_DHCP,
	[88] = L7_KERBEROS,
	[123] = L7_NTP,
	[137] = L7_NETBIOS,
	[138] = L7_NETBIOS,
	[161] = L7_SNMP,
	[162] = L7_SNMP,
	[389] = L7_LDAP,
	[443] = L7_QUIC,
	[500] = L7_IPSEC,
	[514] = L7_SYSLOG,
	[546] = L7_DHCP,
	[547] = L7_DHCP,
	[1194] = L7_OPENVPN,
	[1812] = L7_RADIUS,
	[1813] = L7_RADIUS,
	[1900] = L7_SSDP,
	[3389] = L7_RDP,
	[3478] = L7_STUN,
	[4500] = L7_IPSEC,
	[5060] = L7_SIP,
	[5353] = L7_MDNS,
	[5355] = L7_LLMNR,
	[51820] = L7_WIREGUARD,
};

enum l7_protocol protocol_by_port(
	uint8_t ip_protocol, uint16_t source_port, uint16_t destination_port)
{
	const uint8_t *usual;

	switch (ip_protocol) {
	case IP_TCP:
		usual = usual_on_tcp;
		break;
	case IP_UDP:
		usual = usual_on_udp;
		break;
	case IP_ICMP:
	case IP_ICMPV6:
		return L7_ICMP;
	case IP_ESP:
	case IP_AH:
		return L7_IPSEC;
	default:
		return L7_UNKNOWN;
	}
	_Static_assert(L7_UNKNOWN == 0 && (int)L7_PROTOCOL_COUNT <= UINT8_MAX, "fits the tables");
	return usual[destination_port] != L7_UNKNOWN ? usual[destination_port] : usual[source_port];
}

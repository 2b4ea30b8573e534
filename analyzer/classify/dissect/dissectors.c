#include "analyzer/classify/dissect/dissector.h"

const struct dissector *const dissectors[DISSECTOR_COUNT] = {
#define X(name) [DISSECTOR_##name] = &dissector_##name,
	DISSECTORS(X)
#undef X
};

enum {
	TCP = 1 << 0,
	UDP = 1 << 1,
	IP_ICMP = 1,
	IP_TCP = 6,
	IP_UDP = 17,
	IP_ESP = 50,
	IP_AH = 51,
	IP_ICMPV6 = 58
};

/* IANA, Service Name and Transport Protocol Port Number Registry; only what is hardly used for
 * anything else. */
static const struct usual_port {
	uint16_t port;
	uint8_t transports;
	uint8_t protocol;
} usual_ports[] = {
	{ 21, TCP, L7_FTP },
	{ 22, TCP, L7_SSH },
	{ 25, TCP, L7_SMTP },
	{ 53, TCP | UDP, L7_DNS },
	{ 67, UDP, L7_DHCP },
	{ 68, UDP, L7_DHCP },
	{ 80, TCP, L7_HTTP },
	{ 88, TCP | UDP, L7_KERBEROS },
	{ 110, TCP, L7_POP3 },
	{ 123, UDP, L7_NTP },
	{ 137, UDP, L7_NETBIOS },
	{ 138, UDP, L7_NETBIOS },
	{ 139, TCP, L7_NETBIOS },
	{ 143, TCP, L7_IMAP },
	{ 161, UDP, L7_SNMP },
	{ 162, UDP, L7_SNMP },
	{ 389, TCP | UDP, L7_LDAP },
	{ 443, TCP, L7_TLS },
	{ 443, UDP, L7_QUIC },
	{ 445, TCP, L7_SMB },
	{ 465, TCP, L7_SMTP },
	{ 500, UDP, L7_IPSEC },
	{ 514, UDP, L7_SYSLOG },
	{ 546, UDP, L7_DHCP },
	{ 547, UDP, L7_DHCP },
	{ 587, TCP, L7_SMTP },
	{ 636, TCP, L7_LDAP },
	{ 853, TCP, L7_TLS },
	{ 993, TCP, L7_IMAP },
	{ 995, TCP, L7_POP3 },
	{ 1080, TCP, L7_SOCKS },
	{ 1194, TCP | UDP, L7_OPENVPN },
	{ 1812, UDP, L7_RADIUS },
	{ 1813, UDP, L7_RADIUS },
	{ 1883, TCP, L7_MQTT },
	{ 1900, UDP, L7_SSDP },
	{ 3389, TCP | UDP, L7_RDP },
	{ 3478, TCP | UDP, L7_STUN },
	{ 4500, UDP, L7_IPSEC },
	{ 5060, TCP | UDP, L7_SIP },
	{ 5222, TCP, L7_XMPP },
	{ 5353, UDP, L7_MDNS },
	{ 5355, UDP, L7_LLMNR },
	{ 8080, TCP, L7_HTTP },
	{ 8883, TCP, L7_MQTT },
	{ 51820, UDP, L7_WIREGUARD },
};

static enum l7_protocol find_port(uint8_t transport, uint16_t port)
{
	for (unsigned i = 0; i < sizeof(usual_ports) / sizeof(usual_ports[0]); i++) {
		if (usual_ports[i].port == port && usual_ports[i].transports & transport) {
			return usual_ports[i].protocol;
		}
	}
	return L7_UNKNOWN;
}

enum l7_protocol protocol_by_port(
	uint8_t ip_protocol, uint16_t source_port, uint16_t destination_port)
{
	uint8_t transport;

	switch (ip_protocol) {
	case IP_TCP:
		transport = TCP;
		break;
	case IP_UDP:
		transport = UDP;
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
	enum l7_protocol protocol = find_port(transport, destination_port);
	return protocol != L7_UNKNOWN ? protocol : find_port(transport, source_port);
}

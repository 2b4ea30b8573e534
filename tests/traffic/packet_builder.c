#include "tests/traffic/packet_builder.h"

#include <assert.h>
#include <string.h>

#include "collector/packet.h"
#include "tests/traffic/bytes.h"

enum {
	PROTOCOL_ICMP = 1,
	PROTOCOL_IPIP = 4,
	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
	PROTOCOL_SIXINFOUR = 41,
	PROTOCOL_GRE = 47,
	PROTOCOL_ICMPV6 = 58,
};

uint32_t checksum_add(uint32_t sum, const void *bytes, size_t count)
{
	const uint8_t *at = bytes;

	for (; count >= 2; at += 2, count -= 2) {
		sum += (uint32_t)at[0] << 8 | at[1];
	}
	if (count) {
		sum += (uint32_t)at[0] << 8;
	}
	return sum;
}

uint16_t internet_checksum(uint32_t sum)
{
	while (sum >> 16) {
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (uint16_t)~sum;
}

static uint8_t *prepend(struct packet_builder *packet, size_t count)
{
	assert(packet->start >= count);
	packet->start -= count;
	uint8_t *at = packet->room + packet->start;
	memset(at, 0, count);
	return at;
}

void packet_begin(struct packet_builder *packet, const void *payload, size_t count)
{
	assert(count <= PACKET_PAYLOAD_MAX);
	packet->start = PACKET_HEADROOM;
	packet->end = packet->start + count;
	packet->protocol = 0;
	if (count) {
		memcpy(packet->room + packet->start, payload, count);
	}
}

/* The checksum of transports covers a pseudo-header (RFC 9293 3.1, RFC 8200 8.1). */
static uint16_t transport_checksum(
	const struct packet_builder *packet, const struct addr *from, const struct addr *to)
{
	uint32_t sum = packet->protocol + (uint32_t)packet_length(packet);
	size_t skip = addr_is_v4(from) ? 12 : 0;

	sum = checksum_add(sum, from->bytes + skip, 16 - skip);
	sum = checksum_add(sum, to->bytes + skip, 16 - skip);
	return internet_checksum(checksum_add(sum, packet_bytes(packet), packet_length(packet)));
}

void packet_put_tcp(struct packet_builder *packet, const struct endpoint *from,
	const struct endpoint *to, const struct tcp_header *header)
{
	/* MSS, SACK permitted, NOP, window scale 7. */
	static const uint8_t options[12] = { 2, 4, 0, 0, 1, 1, 4, 2, 1, 3, 3, 7 };
	size_t options_bytes = header->mss ? sizeof(options) : 0;
	uint8_t *at = prepend(packet, 20 + options_bytes);

	packet->protocol = PROTOCOL_TCP;
	put_u16(at, from->port);
	put_u16(at + 2, to->port);
	put_u32(at + 4, header->seq);
	put_u32(at + 8, header->flags & TCP_ACK ? header->ack : 0);
	at[12] = (uint8_t)((20 + options_bytes) / 4 << 4);
	at[13] = header->flags;
	put_u16(at + 14, header->window);
	if (options_bytes) {
		memcpy(at + 20, options, sizeof(options));
		put_u16(at + 22, header->mss);
	}
	put_u16(at + 16, transport_checksum(packet, &from->addr, &to->addr));
}

void packet_put_udp(
	struct packet_builder *packet, const struct endpoint *from, const struct endpoint *to)
{
	uint8_t *at = prepend(packet, 8);

	packet->protocol = PROTOCOL_UDP;
	put_u16(at, from->port);
	put_u16(at + 2, to->port);
	put_u16(at + 4, (unsigned)packet_length(packet));
	uint16_t checksum = transport_checksum(packet, &from->addr, &to->addr);
	put_u16(at + 6, checksum ? checksum : 0xffff);
}

void packet_put_icmp(struct packet_builder *packet, const struct addr *from, const struct addr *to,
	uint8_t type, uint8_t code, uint32_t rest)
{
	uint8_t *at = prepend(packet, 8);
	bool is_v4 = addr_is_v4(from);

	packet->protocol = is_v4 ? PROTOCOL_ICMP : PROTOCOL_ICMPV6;
	at[0] = type;
	at[1] = code;
	put_u32(at + 4, rest);
	put_u16(at + 2, is_v4 ? internet_checksum(checksum_add(0, at, packet_length(packet)))
			      : transport_checksum(packet, from, to));
}

static void put_ipv6(
	struct packet_builder *packet, const struct addr *from, const struct addr *to, uint8_t ttl)
{
	unsigned payload_bytes = (unsigned)packet_length(packet);
	uint8_t *at = prepend(packet, 40);

	at[0] = 0x60;
	put_u16(at + 4, payload_bytes);
	at[6] = packet->protocol;
	at[7] = ttl;
	memcpy(at + 8, from->bytes, 16);
	memcpy(at + 24, to->bytes, 16);
	packet->protocol = PROTOCOL_SIXINFOUR;
}

void packet_put_ip(struct packet_builder *packet, const struct addr *from, const struct addr *to,
	uint8_t ttl, uint16_t identification)
{
	if (!addr_is_v4(from)) {
		put_ipv6(packet, from, to, ttl);
		return;
	}
	uint8_t *at = prepend(packet, 20);
	at[0] = 0x45;
	put_u16(at + 2, (unsigned)packet_length(packet));
	put_u16(at + 4, identification);
	put_u16(at + 6, 0x4000); /* do not fragment */
	at[8] = ttl;
	at[9] = packet->protocol;
	memcpy(at + 12, from->bytes + 12, 4);
	memcpy(at + 16, to->bytes + 12, 4);
	put_u16(at + 10, internet_checksum(checksum_add(0, at, 20)));
	packet->protocol = PROTOCOL_IPIP;
}

void packet_put_ip_in_ip(struct packet_builder *packet)
{
	bool is_v4 = packet_ip_ethertype(packet) == ETHERTYPE_IPV4;

	packet->protocol = is_v4 ? PROTOCOL_IPIP : PROTOCOL_SIXINFOUR;
}

/* RFC 2784, with the key of RFC 2890 where there is one. */
void packet_put_gre(struct packet_builder *packet, uint16_t ethertype, uint32_t network)
{
	uint8_t *at = prepend(packet, network ? 8 : 4);

	packet->protocol = PROTOCOL_GRE;
	put_u16(at + 2, ethertype);
	if (network) {
		at[0] = 0x20;
		put_u32(at + 4, network);
	}
}

/* RFC 7348; an Ethernet frame is inside. */
void packet_put_vxlan(struct packet_builder *packet, uint32_t network)
{
	uint8_t *at = prepend(packet, 8);

	at[0] = 0x08;
	put_u32(at + 4, network << 8);
}

/* RFC 8926 without options; an Ethernet frame is inside. */
void packet_put_geneve(struct packet_builder *packet, uint32_t network)
{
	uint8_t *at = prepend(packet, 8);

	put_u16(at + 2, 0x6558);
	put_u32(at + 4, network << 8);
}

/* 3GPP TS 29.281 5.1: version 1, G-PDU. */
void packet_put_gtpu(struct packet_builder *packet, uint32_t network)
{
	unsigned payload_bytes = (unsigned)packet_length(packet);
	uint8_t *at = prepend(packet, 8);

	at[0] = 0x30;
	at[1] = 0xff;
	put_u16(at + 2, payload_bytes);
	put_u32(at + 4, network);
}

/* RFC 3032: one label, bottom of the stack. */
uint16_t packet_put_mpls(struct packet_builder *packet, uint32_t label)
{
	put_u32(prepend(packet, 4), label << 12 | 0x100 | 64);
	return 0x8847;
}

/* RFC 2516 session stage, and the PPP protocol number (RFC 1332, RFC 5072). */
uint16_t packet_put_pppoe(struct packet_builder *packet, uint16_t session, uint16_t ethertype)
{
	unsigned payload_bytes = (unsigned)packet_length(packet);
	uint8_t *at = prepend(packet, 8);

	at[0] = 0x11;
	put_u16(at + 2, session);
	put_u16(at + 4, payload_bytes + 2);
	put_u16(at + 6, ethertype == ETHERTYPE_IPV6 ? 0x0057 : 0x0021);
	return 0x8864;
}

uint16_t packet_put_vlan(struct packet_builder *packet, uint16_t vlan_id, uint16_t ethertype)
{
	uint8_t *at = prepend(packet, 4);

	put_u16(at, vlan_id);
	put_u16(at + 2, ethertype);
	return ethertype == 0x8100 ? 0x88a8 : 0x8100;
}

void packet_put_ethernet(struct packet_builder *packet, const uint8_t from[6], const uint8_t to[6],
	uint16_t ethertype)
{
	uint8_t *at = prepend(packet, 14);

	memcpy(at, to, 6);
	memcpy(at + 6, from, 6);
	put_u16(at + 12, ethertype);
}

uint16_t packet_ip_ethertype(const struct packet_builder *packet)
{
	return packet_bytes(packet)[0] >> 4 == 6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4;
}

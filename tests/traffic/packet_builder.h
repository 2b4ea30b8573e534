/* Builds one packet from the inside out: payload first, then each header in front of it, with right
 * lengths and checksums.
 *
 *     packet_begin(&packet, payload, count);
 *     packet_put_tcp(&packet, …);
 *     packet_put_ip(&packet, …);
 *     packet_put_vlan(&packet, …);
 *     packet_put_ethernet(&packet, …);
 *
 * Memory   all inside the struct.
 * Threads  one at a time.
 * Failure  none; payloads are the generator's own and fit. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

enum { PACKET_HEADROOM = 256, PACKET_PAYLOAD_MAX = 65535 };

struct packet_builder {
	size_t start, end;
	uint8_t protocol; /* IP protocol of what was put last */
	uint8_t room[PACKET_HEADROOM + PACKET_PAYLOAD_MAX];
};

struct endpoint {
	struct addr addr;
	uint16_t port;
};

struct tcp_header {
	uint32_t seq, ack;
	uint8_t flags; /* enum tcp_flags */
	uint16_t window;
	uint16_t mss; /* SYN only: options MSS, SACK permitted, window scale; 0 none */
};

enum { ETHERTYPE_IPV4 = 0x0800, ETHERTYPE_ARP = 0x0806, ETHERTYPE_IPV6 = 0x86dd };

static inline const uint8_t *packet_bytes(const struct packet_builder *packet)
{
	return packet->room + packet->start;
}

static inline size_t packet_length(const struct packet_builder *packet)
{
	return packet->end - packet->start;
}

void packet_begin(struct packet_builder *packet, const void *payload, size_t count);

/* Transports; the addresses are those of the IP header that follows (RFC 9293 3.1, RFC 768, RFC
 * 792, RFC 4443). */
void packet_put_tcp(struct packet_builder *packet, const struct endpoint *from,
	const struct endpoint *to, const struct tcp_header *header);
void packet_put_udp(
	struct packet_builder *packet, const struct endpoint *from, const struct endpoint *to);
void packet_put_icmp(struct packet_builder *packet, const struct addr *from, const struct addr *to,
	uint8_t type, uint8_t code, uint32_t rest);

/* IPv4 (with the identification) or IPv6, as the addresses are; the protocol is that of what was
 * put last. */
void packet_put_ip(struct packet_builder *packet, const struct addr *from, const struct addr *to,
	uint8_t ttl, uint16_t identification);

/* Tunnels: what stands between an inner packet and an outer packet_put_ip(). network is the GRE
 * key, VNI or TEID. */
void packet_put_gre(struct packet_builder *packet, uint16_t ethertype, uint32_t network);
void packet_put_vxlan(struct packet_builder *packet, uint32_t network);
void packet_put_geneve(struct packet_builder *packet, uint32_t network);
void packet_put_gtpu(struct packet_builder *packet, uint32_t network);
void packet_put_ip_in_ip(struct packet_builder *packet);

/* Link layer. ethertype: what follows in the frame; returns the one that says so to the next outer
 * header. */
uint16_t packet_put_mpls(struct packet_builder *packet, uint32_t label);
uint16_t packet_put_pppoe(struct packet_builder *packet, uint16_t session, uint16_t ethertype);
uint16_t packet_put_vlan(struct packet_builder *packet, uint16_t vlan_id, uint16_t ethertype);
void packet_put_ethernet(struct packet_builder *packet, const uint8_t from[6], const uint8_t to[6],
	uint16_t ethertype);

/* The ethertype of an IP packet, by its first byte. */
uint16_t packet_ip_ethertype(const struct packet_builder *packet);

/* One's complement sum of RFC 1071, to be folded and inverted by internet_checksum(). */
uint32_t checksum_add(uint32_t sum, const void *bytes, size_t count);
uint16_t internet_checksum(uint32_t sum);

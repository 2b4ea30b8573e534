/* The steps of decoding one frame; for the files decode*.c alone.
 *
 * Each step takes what lies in front of it and calls the next. It returns DECODE_DONE, and the
 * packet is filled, or the reason why the frame is refused. A step that opens a tunnel is tried on
 * a copy: where what is inside turns out not to be whole, the packet stays one of
 * the outer flow. */
#pragma once

#include <netinet/in.h>

#include "base/reader.h"
#include "collector/contexts.h"
#include "collector/decode.h"
#include "collector/datagrams.h"
#include "collector/duplicates.h"
#include "collector/payload_memory.h"
#include "collector/recent_datagrams.h"
#include "collector/tunnel_askers.h"
#include "collector/wrapping.h"

/* LINKTYPE_ values that more than one file needs. */
enum { LINK_ETHERNET = 1, LINK_PRISM = 119 };

/* EtherType values (IEEE registry). */
enum ethertype {
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_ARP = 0x0806,
	ETHERTYPE_BRIDGED = 0x6558, /* Ethernet inside GRE, GENEVE */
	ETHERTYPE_FRAME_RELAY = 0x6559,
	ETHERTYPE_RARP = 0x8035,
	ETHERTYPE_TRILL = 0x22f3,
	ETHERTYPE_VLAN = 0x8100,
	ETHERTYPE_IPV6 = 0x86dd,
	ETHERTYPE_PAUSE = 0x8808,
	ETHERTYPE_SLOW = 0x8809,
	ETHERTYPE_PPP = 0x880b,
	ETHERTYPE_MPLS = 0x8847,
	ETHERTYPE_MPLS_MULTICAST = 0x8848,
	ETHERTYPE_PPPOE_DISCOVERY = 0x8863,
	ETHERTYPE_PPPOE = 0x8864,
	ETHERTYPE_EAPOL = 0x888e,
	ETHERTYPE_REALTEK = 0x8899,
	ETHERTYPE_QINQ = 0x88a8,
	ETHERTYPE_ERSPAN = 0x88be,
	ETHERTYPE_ERSPAN_3 = 0x22eb,
	ETHERTYPE_LLDP = 0x88cc,
	ETHERTYPE_MACSEC = 0x88e5,
	ETHERTYPE_BACKBONE = 0x88e7,
	ETHERTYPE_FABRIC_PATH = 0x8903,
	ETHERTYPE_METADATA = 0x8909,
	ETHERTYPE_VNTAG = 0x8926,
	ETHERTYPE_HSR = 0x892f, /* IEC 62439-3 */
	ETHERTYPE_ETAG = 0x893f,
	ETHERTYPE_NSH = 0x894f,
	ETHERTYPE_TTAG = 0x8988, /* Cisco's time stamp */
	ETHERTYPE_LOOP = 0x9000,
	ETHERTYPE_QINQ_OLD = 0x9100,
	ETHERTYPE_QINQ_OLDER = 0x9200,
	ETHERTYPE_MARVELL = 0xdada,
	ETHERTYPE_REDUNDANCY = 0xf1c1 /* IEEE 802.1CB */
};

/* IP protocol numbers (IANA). */
enum ip_protocol {
	IP_HOP_BY_HOP = 0,
	IP_ICMP = 1,
	IP_IPV4 = 4,
	IP_TCP = 6,
	IP_UDP = 17,
	IP_DCCP = 33,
	IP_IPV6 = 41,
	IP_ROUTING = 43,
	IP_FRAGMENT = 44,
	IP_GRE = 47,
	IP_ESP = 50,
	IP_AH = 51,
	IP_ICMPV6 = 58,
	IP_NO_NEXT = 59,
	IP_DESTINATION = 60,
	IP_ETHERIP = 97,
	IP_PIM = 103,
	IP_L2TP = 115,
	IP_SCTP = 132,
	IP_MOBILITY = 135,
	IP_UDP_LITE = 136,
	IP_MPLS = 137,
	IP_HIP = 139,
	IP_SHIM6 = 140,
	IP_ETHERNET = 143 /* RFC 8986, 10.1 */
};

/* What a step gives, else enum decode_refusal. Held: there is no packet yet, and the frame is
 * accounted for elsewhere. */
enum { DECODE_DONE = -1, DECODE_HELD = -2 };

static inline bool is_decoded(int result)
{
	return result < 0;
}

/* Steps of one frame at most; what is nested deeper is refused (or stays outside). */
enum { DECODE_STEPS_MAX = 24 };

/* Packets beyond one a frame, until a batch has room for them. */
enum { DECODE_EXTRAS_MAX = 8192 };

struct decoder {
	struct decode_stats stats;
	struct sightings *sightings; /* of the batch in hand; NULL none */
	struct hash_key name_key;    /* of what clients call themselves */
	struct wrapping wrapping;    /* who may wrap */
	struct tunnel_askers tunnel_askers;
	struct contexts *contexts;
	struct datagrams *datagrams;
	struct recent_datagrams recent_datagrams;
	struct duplicates *duplicates;
	struct payload_memory payloads;
	struct frame_links *links;  /* NULL: nobody asks which frame a packet came in */
	const struct frame *frames; /* in hand, from next_frame on */
	const uint64_t *places;     /* of those */
	unsigned next_frame, frame_count;
	unsigned giving_up; /* datagrams, one within the other */
	bool is_ending;
	uint16_t mss_most; /* that a SYN has allowed so far; 0: none was seen */
	unsigned extra_first, extra_count;
	/* Context numbers of packets with this one VLAN and nothing else; 0: not met yet. */
	uint16_t vlan_contexts[4096];
	struct packet extras[DECODE_EXTRAS_MAX];
};

/* A stretch of the frame: what was captured, and how many more bytes of it were on the wire behind
 * that. */
struct stretch {
	struct reader reader;
	uint32_t cut_bytes;
};

/* Where decoding of one frame stands: small, so that trying a tunnel copies it. */
struct decoding {
	struct decoder *decoder;
	struct packet *packet;
	uint64_t time_ns;
	const uint8_t *macs; /* destination's and source's, of the outermost Ethernet; NULL none */
	struct context context;
	uint16_t ends[2];      /* prints of the innermost IP tunnel's source and destination */
	unsigned tunnel_count; /* of context.tunnels */
	unsigned steps;
	uint32_t frames;          /* that brought it: more than one where it was put together */
	struct frame_chain chain; /* those; empty: the frame in hand */
};

/* What an IP header says; source and destination point into the frame. */
struct ip_layer {
	const uint8_t *source, *destination;
	uint32_t ip_bytes;
	uint32_t identification;
	uint32_t fragment_offset;
	bool is_fragment; /* one of several */
	bool more_fragments;
	bool is_v6;
	bool is_closed; /* tunnels in it are not opened */
	uint8_t protocol;
	uint8_t hop_limit; /* of IPv6 */
	bool *is_plain;    /* NULL, or set where the packet is this layer's own, not a tunnel's */
};

static inline uint64_t stretch_wire_bytes(const struct stretch *stretch)
{
	return reader_left(&stretch->reader) + (uint64_t)stretch->cut_bytes;
}

/* Ends the stretch after wire_bytes: what follows belongs to a layer further out (padding,
 * checksums). */
static inline void stretch_limit(struct stretch *stretch, uint64_t wire_bytes)
{
	size_t left = reader_left(&stretch->reader);

	if (wire_bytes <= left) {
		stretch->reader = reader_sub(&stretch->reader, (size_t)wire_bytes);
		stretch->cut_bytes = 0;
	} else {
		stretch->cut_bytes = (uint32_t)(wire_bytes - left);
	}
}

/* Puts the tunnel on the context's list; false where it is full. */
static inline bool push_tunnel(struct decoding *decoding, enum tunnel_kind kind)
{
	if (decoding->tunnel_count == CONTEXT_TUNNELS_MAX) {
		return false;
	}
	decoding->context.tunnels[decoding->tunnel_count++] = (uint8_t)kind;
	return true;
}

/* A short print of an address; never 0. */
static inline uint16_t end_print(const uint8_t *address, unsigned bytes)
{
	uint32_t hash = 0;

	for (unsigned i = 0; i < bytes; i++) {
		hash = (hash ^ address[i]) * 2654435769U;
		hash ^= hash >> 15;
	}
	return (uint16_t)(hash >> 16 ? hash >> 16 : 1);
}

/* The packet came under a number that holds for one direction between the tunnel's ends, or those
 * of the link. */
static inline void decode_set_way(struct decoding *decoding, uint32_t id)
{
	struct context *context = &decoding->context;

	context->way_id = id;
	context->way_ends[0] = decoding->ends[0];
	context->way_ends[1] = decoding->ends[1];
	if (decoding->ends[0] == 0 && decoding->macs) {
		context->way_ends[0] = end_print(decoding->macs + 6, 6);
		context->way_ends[1] = end_print(decoding->macs, 6);
	}
}

/* Fills the key in canonical order, and the flags that go with it. */
static inline void packet_set_key4(struct packet *packet, const uint8_t *source,
	const uint8_t *destination, uint16_t source_port_be, uint16_t destination_port_be,
	uint8_t protocol, uint16_t context)
{
	uint16_t ports[2] = { source_port_be, destination_port_be };
	const uint8_t *port_bytes = (const uint8_t *)ports;
	uint64_t low = (uint64_t)load_be32(source, 0) << 16 | load_be16(port_bytes, 0);
	uint64_t high = (uint64_t)load_be32(destination, 0) << 16 | load_be16(port_bytes, 2);
	bool from_high = low > high;
	/* Swapped as values: no store waits to know where it goes. */
	uint64_t first = from_high ? high : low, second = from_high ? low : high;
	uint32_t addr_be[2] = { htonl((uint32_t)(first >> 16)), htonl((uint32_t)(second >> 16)) };

	memcpy(packet->key.v4.addr, addr_be, sizeof(addr_be));
	packet->key.v4.port_be[0] = htons((uint16_t)first);
	packet->key.v4.port_be[1] = htons((uint16_t)second);
	packet->key.v4.context = 0;
	packet->context = context;
	packet->key.v4.protocol = protocol;
	packet->key.v4.zero = 0;
	packet->flags = from_high ? PACKET_FROM_HIGH : 0;
}

static inline void packet_set_key6(struct packet *packet, const uint8_t *source,
	const uint8_t *destination, uint16_t source_port_be, uint16_t destination_port_be,
	uint8_t protocol, uint16_t context)
{
	uint16_t ports[2] = { source_port_be, destination_port_be };
	const uint8_t *port_bytes = (const uint8_t *)ports;
	uint64_t low = load_be64(source, 0), high = load_be64(destination, 0);

	if (low == high) {
		low = load_be64(source, 8);
		high = load_be64(destination, 8);
	}
	if (low == high) {
		low = load_be16(port_bytes, 0);
		high = load_be16(port_bytes, 2);
	}
	bool from_high = low > high;

	memcpy(packet->key.v6.addr[from_high], source, 16);
	memcpy(packet->key.v6.addr[!from_high], destination, 16);
	packet->key.v6.port_be[from_high] = source_port_be;
	packet->key.v6.port_be[!from_high] = destination_port_be;
	packet->key.v6.context = 0;
	packet->context = context;
	packet->key.v6.protocol = protocol;
	packet->key.v6.zero = 0;
	packet->flags = PACKET_V6 | (from_high ? PACKET_FROM_HIGH : 0);
}

/* decode_link.c */
int decode_link(struct decoding *decoding, uint16_t link_type, struct stretch *stretch);
/* By an address family, as it differs from system to system. */
int decode_family(struct decoding *decoding, uint32_t family, struct stretch *stretch);
int decode_hdlc(struct decoding *decoding, struct stretch *stretch);
int decode_frame_relay(struct decoding *decoding, struct stretch *stretch);

/* decode_capture_header.c: what capturing systems put before a frame. */
int decode_pflog(struct decoding *decoding, struct stretch *stretch);
int decode_enc(struct decoding *decoding, struct stretch *stretch);
int decode_nflog(struct decoding *decoding, struct stretch *stretch);
int decode_ppi(struct decoding *decoding, struct stretch *stretch);
int decode_pktap(struct decoding *decoding, struct stretch *stretch);
int decode_erf(struct decoding *decoding, struct stretch *stretch);

/* decode_ethertype.c */
int decode_ethernet(struct decoding *decoding, struct stretch *stretch);
int decode_ethertype(struct decoding *decoding, uint16_t type, struct stretch *stretch);
int decode_llc(struct decoding *decoding, struct stretch *stretch);

/* A bridge's frames behind SNAP (RFC 2684, RFC 2427): Ethernet's with and without its checksum. */
enum { ORGANISATION_BRIDGED = 0x0080c2 };
static inline bool is_bridged_ethernet(uint16_t type)
{
	return type == 1 || type == 7;
}
int decode_pppoe(struct decoding *decoding, struct stretch *stretch);
int decode_ppp(struct decoding *decoding, struct stretch *stretch);

/* decode_tags.c: what stands behind the EtherType or, of plain tags, in its place. */
int decode_add_vlan(struct decoding *decoding, uint16_t vlan_id);
int decode_vlan(struct decoding *decoding, struct stretch *stretch);
int decode_isl(struct decoding *decoding, unsigned kind, struct stretch *stretch);
int decode_macsec(struct decoding *decoding, struct stretch *stretch);
int decode_metadata(struct decoding *decoding, struct stretch *stretch);
int decode_port_tag(struct decoding *decoding, uint16_t type, struct stretch *stretch);
int decode_mac_in_mac(struct decoding *decoding, uint16_t type, struct stretch *stretch);
/* Of a length that is known, then the next EtherType. */
int decode_sized_tag(struct decoding *decoding, unsigned tag_bytes, struct stretch *stretch);
int decode_realtek_tag(struct decoding *decoding, struct stretch *stretch);
int decode_marvell_tag(struct decoding *decoding, struct stretch *stretch);
int decode_marvell_ethertype(struct decoding *decoding, struct stretch *stretch);
int decode_trill(struct decoding *decoding, struct stretch *stretch);
int decode_nsh(struct decoding *decoding, struct stretch *stretch);
bool is_behind_plain_tag(const struct stretch *stretch);

/* decode_unnamed.c: does an IP packet of this version lie wholly in the stretch, as it was on the
 * wire? Checked: is its checksum right; of IPv6, does its length leave nothing over, or
 * is what comes next a usual one? */
bool holds_ip(const struct stretch *stretch, unsigned version);
bool holds_checked_ip(const struct stretch *stretch, unsigned version);
/* An Ethernet header with IP or ARP behind it. */
bool holds_ethernet(const struct stretch *stretch);
/* An IP packet of either version that fits. */
int decode_unnamed_ip(struct decoding *decoding, struct stretch *stretch);
int decode_mpls(struct decoding *decoding, struct stretch *stretch);

/* decode_wifi.c; a capture may pad the header to four bytes. */
enum wifi_form { WIFI_PLAIN, WIFI_PADDED, WIFI_IN_CAPWAP };
int decode_wifi(struct decoding *decoding, struct stretch *stretch, enum wifi_form form);
int decode_radiotap(struct decoding *decoding, struct stretch *stretch);

/* decode_ip.c: by the version in the first byte; and what is behind the header: further headers,
 * transport. */
int decode_ip(struct decoding *decoding, struct stretch *stretch);
int decode_ip_payload(struct decoding *decoding, struct ip_layer *ip, struct stretch *stretch);

/* decode_fragment.c */
int decode_fragment(struct decoding *decoding, const struct ip_layer *ip, struct stretch *stretch);
/* Gives up a datagram that has waited too long at this time, UINT64_MAX: any; false for none. */
bool decode_give_up_one(struct decoder *decoder, uint64_t now_ns);
/* Refuses all that wait. */
void decode_drop_held(struct decoder *decoder);

/* decode.c: a packet beyond the frame's own; where there is no room it is refused. */
void decode_emit(struct decoder *decoder, const struct packet *packet);

/* decode_transport.c: what a SYN's options say. */
struct syn_options {
	uint16_t mss;  /* 0 not said */
	uint8_t scale; /* of its windows, or TCP_SCALE_NONE */
};
struct syn_options decode_syn_options(struct reader options);

/* The number of the context; stretch is the IP payload. */
uint16_t decode_context(struct decoding *decoding);
bool protocol_has_ports(uint8_t protocol);
int decode_transport(struct decoding *decoding, const struct ip_layer *ip, struct stretch *stretch);

/* decode_tunnel.c: does this end of an IP packet stand outside? */
bool decode_is_outside(
	const struct decoding *decoding, const struct ip_layer *ip, const uint8_t *end);

/* Decoding of what an IP packet carries: who sent that has wrapped what is in it. */
struct decoding decode_wrapped(const struct decoding *decoding, const struct ip_layer *ip);

/* GRE, EtherIP, and L2TP version 3 from its session's number on; also behind UDP. */
int decode_gre(struct decoding *inner, struct stretch *stretch);
int decode_etherip(struct decoding *inner, struct stretch *stretch);
int decode_l2tp_3(struct decoding *inner, struct stretch *stretch);

/* What may be inside this IP payload; decode_udp_tunnel.c: inside the UDP payload between these
 * ports (host order). DECODE_DONE where it was opened; anything else: it was not, the packet is not
 * touched. */
int decode_ip_tunnel(
	const struct decoding *decoding, const struct ip_layer *ip, const struct stretch *stretch);
int decode_udp_tunnel(const struct decoding *decoding, const struct ip_layer *ip,
	uint16_t source_port, uint16_t destination_port, const struct stretch *stretch);

/* decode_sightings.c: who has which address, as far as the frame says; whether it is a frame of the
 * segment itself (VLANs are no tunnel). */
bool decode_is_of_segment(const struct decoding *decoding);
void decode_sight_arp(const struct decoding *decoding, const struct stretch *stretch);
void decode_sight_neighbour(
	const struct decoding *decoding, const struct ip_layer *ip, const struct stretch *stretch);
void decode_sight_dhcp(const struct decoding *decoding, const struct ip_layer *ip,
	uint16_t destination_port, const struct stretch *payload);

/* Might one of these ports be a tunnel's, or DHCP's? False for nearly every packet: of the ports
 * that are not, one in twenty-seven looks like one. The set holds the lowest nine bits of each
 * port. */
static inline bool may_be_udp_tunnel(uint16_t source_port, uint16_t destination_port)
{
#define PORT_BIT(port, word) ((port) % 512 / 64 == (word) ? UINT64_C(1) << (port) % 64 : 0)
#define PORT_WORD(word)                                                                            \
	(PORT_BIT(67, word) | PORT_BIT(68, word) | PORT_BIT(546, word) | PORT_BIT(547, word) |     \
		PORT_BIT(1701, word) | PORT_BIT(2152, word) | PORT_BIT(3544, word) |               \
		PORT_BIT(4341, word) | PORT_BIT(4754, word) | PORT_BIT(4789, word) |               \
		PORT_BIT(4790, word) | PORT_BIT(5072, word) | PORT_BIT(5247, word) |               \
		PORT_BIT(6080, word) | PORT_BIT(6081, word) | PORT_BIT(6635, word) |               \
		PORT_BIT(7932, word) | PORT_BIT(8472, word) | PORT_BIT(37008, word))
	static const uint64_t set[8] = { PORT_WORD(0), PORT_WORD(1), PORT_WORD(2), PORT_WORD(3),
		PORT_WORD(4), PORT_WORD(5), PORT_WORD(6), PORT_WORD(7) };
#undef PORT_WORD
#undef PORT_BIT
	return (set[source_port % 512 / 64] >> source_port % 64 |
		       set[destination_port % 512 / 64] >> destination_port % 64) &
	       1;
}

/* A packet: a view that lives for one batch.
 *
 * Two shapes. A frame is what a source read: bytes, link type, time. A packet is what decode made
 * of it: addresses, ports, lengths and a view of the transport payload. Both point into memory of
 * the source, good until its next batch.
 *
 * Times are nanoseconds since 1970-01-01 UTC. Lengths are bytes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/sightings.h"

/* Enough packets that every cache miss of a stage is in flight at once, few enough that a batch
 * stays in L2. */
enum { PACKET_BATCH_MAX = 256 };

/* Of a mapped file a batch spans no more than this and a frame, so that whoever is some batches
 * behind (SOURCE_KEPT_CALLS) has not left mapped what the reader gave back. */
enum { PACKET_BATCH_BYTES = 2 << 20 };

struct frame {
	const uint8_t *bytes;
	uint64_t time_ns;
	uint32_t captured_bytes; /* what is there */
	uint32_t wire_bytes;     /* what was on the wire; larger where the snaplen cut the packet */
	uint16_t link_type;      /* LINKTYPE_ value (tcpdump.org/linktypes.html) */
	uint16_t interface;      /* of the source; 0 where it has one */
};

/* What is looked at of a frame at most: more than an IP packet and all that stands before it. */
enum { FRAME_BYTES_READ = 1 << 18 };

struct frame_batch {
	unsigned count;
	bool is_kept; /* the bytes stay where they are for SOURCE_KEPT_CALLS calls (source.h) */
	struct frame frames[PACKET_BATCH_MAX];
	uint64_t places[PACKET_BATCH_MAX]; /* of each, where the source locates (frame_place.h) */
};

/* A frame, for whoever wants to find it again. */
struct frame_ref {
	uint64_t number; /* in the source, from 0 */
	uint64_t place;  /* frame_place.h */
};

/* Both ends of a flow in canonical order: end 0 is the smaller (address, port), compared as bytes,
 * so that both directions have one key. Ports are in network order. For ICMP and ICMPv6 they hold
 * type and code with the counterpart's as Community ID v1 pairs them; other protocols without ports
 * have zeros. */
struct flow_key4 {
	uint8_t addr[2][4];
	uint16_t port_be[2];
	uint16_t context; /* 0 in a packet; in a flow's own key that of whoever opened it */
	uint8_t protocol;
	uint8_t zero;
};

struct flow_key6 {
	uint8_t addr[2][16];
	uint16_t port_be[2];
	uint16_t context;
	uint8_t protocol;
	uint8_t zero;
};

_Static_assert(sizeof(struct flow_key4) == 16, "one AES block");
_Static_assert(sizeof(struct flow_key6) == 40, "hashed as five words");

enum packet_flags {
	PACKET_V6 = 1 << 0,        /* key.v6 holds the key, otherwise key.v4 */
	PACKET_FROM_HIGH = 1 << 1, /* sent by end 1 of the key */
	/* One of the other fragments of a datagram: bytes of its flow, or none where a tunnel's
	 * inner packet counts them; neither transport header nor payload. */
	PACKET_FRAGMENT = 1 << 2,
	/* The fragment that came first: its own IP length, but header and payload of the whole
	 * datagram, put together. */
	PACKET_REASSEMBLED = 1 << 3,
	PACKET_ONE_ICMP_WAY = 1 << 4 /* ICMP without a counterpart: one-way in Community ID */
};

/* RFC 7323, 2.3: larger shifts are taken for 14. */
enum { TCP_SCALE_MOST = 14, TCP_SCALE_NONE = 0xff };

enum tcp_flags { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_PSH = 8, TCP_ACK = 16, TCP_URG = 32 };

struct packet {
	uint64_t time_ns;
	const uint8_t *payload;      /* transport payload (IP payload where there are no ports) */
	uint32_t payload_bytes;      /* captured part of it */
	uint32_t payload_wire_bytes; /* what the headers say it is; the larger, where the snaplen
					cut it */
	uint32_t ip_bytes; /* layer 3 length, independent of the snaplen: what flows count */
	uint32_t tcp_seq, tcp_ack;
	uint8_t tcp_flags; /* 0: the capture ends before them, and nothing is known of the payload
			    */
	uint8_t flags;     /* enum packet_flags */
	uint16_t tcp_window;
	uint16_t context;  /* which VLAN and tunnel it was in; 0 is none (contexts.h) */
	uint16_t ip_id;    /* IPv4's identification; 0 none, or put together from fragments */
	uint8_t tcp_scale; /* of a SYN: how the windows after it are scaled, or TCP_SCALE_NONE */
	/* How far in front of the payload its Ethernet frame begins; 0 where that is not known. */
	uint8_t frame_ahead;
	union {
		uint16_t tcp_mss;    /* of a SYN alone: the largest segment it allows; 0 not said */
		uint16_t tcp_urgent; /* with URG alone, and without SYN: the pointer */
	};
	union {
		struct flow_key4 v4;
		struct flow_key6 v6;
	} key;
};

_Static_assert(offsetof(struct packet, key) % 8 == 0, "keys are read by words");

/* Which end of the key sent it. */
static inline unsigned packet_end(const struct packet *packet)
{
	return (packet->flags & PACKET_FROM_HIGH) != 0;
}

struct packet_batch {
	unsigned count;
	struct packet packets[PACKET_BATCH_MAX];
	struct sightings sightings; /* of these frames: who has which address */
	/* The frame that each came in, where the decoder tracks frames. */
	struct frame_ref frames[PACKET_BATCH_MAX];
};

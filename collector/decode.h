/* Frames to packets: link layer, VLANs and labels, tunnels, IP, fragments, transport.
 *
 * Every frame becomes exactly one packet or is refused under exactly one reason, so for any input
 *     frames = packets + sum of refused[]        (conservation; printed and tested).
 * Tunnels are opened to the innermost IP packet; which ones were passed is kept as the packet's
 * context. What cannot be opened (encrypted, cut, too deep) stays a packet of the outer flow where
 * that is whole, else is refused.
 *
 * Memory   taken once by decoder_create(): fragment and context tables of fixed size.
 * Threads  one a decoder.
 * Failure  none: it counts. */
#pragma once

#include <stdint.h>

#include "collector/packet.h"

/* Name and one plain sentence for each reason stand in one table (decode.c) that
 * every output uses. */
#define DECODE_REFUSALS(X)                                                                         \
	X(LINK_UNKNOWN, "link-unknown", "the capture's link type is not one we read")              \
	X(LINK_JUNIPER, "link-juniper", "a Juniper link type, which we do not open")               \
	X(LINK_INFINIBAND, "link-infiniband", "InfiniBand, which we do not open")                  \
	X(LINK_PIECES, "link-pieces", "single cells of a link, whose packets lie in pieces")       \
	X(LINK_CUT, "link-cut", "the packet ends inside its link-layer header")                    \
	X(LINK_CONTROL, "link-control", "link-layer control or management, no IP inside")          \
	X(LINK_ENCRYPTED, "link-encrypted", "the link layer is encrypted (802.11 WPA, MACsec)")    \
	X(ARP, "arp", "address resolution, no IP")                                                 \
	X(NOT_IP, "not-ip", "a network protocol other than IP")                                    \
	X(TAG_DEPTH, "tag-depth", "more VLAN tags, labels or tunnels than we follow")              \
	X(IP_VERSION, "ip-version", "neither IPv4 nor IPv6 where an IP header should be")          \
	X(IP_CUT, "ip-cut", "the packet ends inside its IP header")                                \
	X(IP_HEADER, "ip-header", "an IP header whose lengths contradict each other")              \
	X(TRANSPORT_CUT, "transport-cut", "the capture ends before the ports")                     \
	X(TRANSPORT_HEADER, "transport-header", "a transport header whose lengths contradict")     \
	X(FRAGMENT_ORPHAN, "fragment-orphan", "a later fragment whose first part was never seen")

enum decode_refusal {
#define X(id, name, sentence) DECODE_REFUSED_##id,
	DECODE_REFUSALS(X)
#undef X
		DECODE_REFUSAL_COUNT
};

const char *decode_refusal_name(enum decode_refusal refusal);
const char *decode_refusal_sentence(enum decode_refusal refusal);

struct decode_stats {
	uint64_t frames, packets;
	uint64_t refused[DECODE_REFUSAL_COUNT];
	uint64_t contexts_full; /* packets put in context 0 because the context table was full */
};

struct decoder;
struct contexts;

struct decoder *decoder_create(void); /* NULL: out of memory */
void decoder_destroy(struct decoder *decoder);

void decode_batch(
	struct decoder *decoder, const struct frame_batch *frames, struct packet_batch *packets);

const struct decode_stats *decoder_stats(const struct decoder *decoder);

/* What the context numbers in keys stand for. */
const struct contexts *decoder_contexts(const struct decoder *decoder);

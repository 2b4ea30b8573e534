/* Frames to packets: link layer, VLANs and labels, tunnels, IP, fragments, transport.
 *
 * A frame becomes one packet or is refused under one reason; an aggregated one (802.11 A-MSDU) is
 * so many more. Fragments wait until their datagram is whole. So for any input
 *     frames + subframes = packets + sum of refused[] + held        (conservation; printed and
 * tested), and nothing is held once decoder_end() was called and decode_rest() gave all there was.
 * Tunnels are opened to the innermost IP packet; which ones were passed is kept as the packet's
 * context. What cannot be opened (encrypted, cut, too deep) stays a packet of the outer flow where
 * that is whole, else is refused.
 *
 * Memory   taken once by decoder_create(): tables of fixed size for fragments and contexts. A
 *          packet's payload lies in its frame, or in memory of the decoder for as long as a source
 *          would keep it (SOURCE_KEPT_CALLS further batches).
 * Threads  one a decoder.
 * Failure  none: it counts. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "collector/duplicates.h"
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
	X(FRAGMENT_ORPHAN, "fragment-orphan", "a later fragment whose first part was not seen")    \
	X(DUPLICATE, "duplicate", "seen twice: a bridge and its port, a mirror that copies twice")

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
	uint64_t subframes; /* of aggregated frames, beyond one each */
	uint64_t held;      /* frames whose datagram is not whole yet */
	uint64_t refused[DECODE_REFUSAL_COUNT];
	/* TCP segments larger than any SYN allowed: put together before they were captured. */
	uint64_t segments, segments_merged;
	uint32_t segment_most;           /* bytes of the largest of them */
	uint64_t contexts_full;          /* packets of no context of their own: there was no room */
	struct duplicates_routed routed; /* of the duplicates */
	struct duplicates_late late;     /* that are none of them */
};

struct decoder;
struct contexts;
struct wrapping;

struct decoder *decoder_create(void); /* NULL: out of memory */
/* Before the first batch: the key of what clients call themselves (sightings.h). */
void decoder_set_name_key(struct decoder *decoder, const struct hash_key *key);
/* Before the first batch: whose word counts about what is inside a tunnel. */
void decoder_set_wrapping(struct decoder *decoder, const struct wrapping *wrapping);
/* Before the first batch: packets say which frame they came in. False: out of memory. */
bool decoder_track_frames(struct decoder *decoder);
void decoder_destroy(struct decoder *decoder);

/* Decodes as many of the frames as the batch of packets has room for; the others, and packets that
 * found none, come by decode_rest(), to be called until it is false (nothing is left) while the
 * frames are still there. */
void decode_batch(
	struct decoder *decoder, const struct frame_batch *frames, struct packet_batch *packets);
bool decode_rest(struct decoder *decoder, struct packet_batch *packets);
bool decoder_has_rest(const struct decoder *decoder);

/* There are no more frames: what waits for others is given up, and comes by decode_rest(). */
void decoder_end(struct decoder *decoder);
/* The same where nobody wants the packets: they are refused. */
void decoder_drop(struct decoder *decoder);

const struct decode_stats *decoder_stats(const struct decoder *decoder);

/* What the context numbers in keys stand for. */
const struct contexts *decoder_contexts(const struct decoder *decoder);

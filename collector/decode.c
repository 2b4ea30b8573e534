#include "collector/decode.h"

#include <stdlib.h>

#include "collector/decode_steps.h"

/* Memory is slow to answer and willing to answer many at once (a load from DRAM takes as long as
 * decoding ten packets): the headers of packets so far ahead are asked for early. */
enum { PREFETCH_AHEAD = 12 };

/* So many packets are decoded before they are looked through: they are still in the first cache. */
enum { RUN_PACKETS = 64 };

enum {
	ETHERNET_BYTES = 14,
	VLAN_BYTES = 4,
	IPV4_BYTES = 20,
	IPV6_BYTES = 40,
	TCP_BYTES = 20,
	UDP_BYTES = 8
};

static const struct {
	const char *name, *sentence;
} refusals[] = {
#define X(id, name, sentence) [DECODE_REFUSED_##id] = { name, sentence },
	DECODE_REFUSALS(X)
#undef X
};

const char *decode_refusal_name(enum decode_refusal refusal)
{
	return refusals[refusal].name;
}

const char *decode_refusal_sentence(enum decode_refusal refusal)
{
	return refusals[refusal].sentence;
}

struct decoder *decoder_create(void)
{
	struct decoder *decoder = calloc(1, sizeof(*decoder));

	if (!decoder) {
		return NULL;
	}
	decoder->contexts = contexts_create();
	decoder->datagrams = datagrams_create();
	decoder->duplicates = duplicates_create(decoder->contexts);
	if (!payload_memory_init(&decoder->payloads) || !decoder->contexts || !decoder->datagrams ||
		!decoder->duplicates) {
		decoder_destroy(decoder);
		return NULL;
	}
	return decoder;
}

void decoder_destroy(struct decoder *decoder)
{
	if (!decoder) {
		return;
	}
	contexts_destroy(decoder->contexts);
	if (decoder->links) {
		free(decoder->links->extras);
		free(decoder->links);
	}
	datagrams_destroy(decoder->datagrams);
	duplicates_destroy(decoder->duplicates);
	payload_memory_deinit(&decoder->payloads);
	free(decoder);
}

bool decoder_track_frames(struct decoder *decoder)
{
	decoder->links = calloc(1, sizeof(*decoder->links));
	if (decoder->links) {
		decoder->links->extras = calloc(DECODE_EXTRAS_MAX, sizeof(struct frame_ref));
	}
	return decoder->links && decoder->links->extras;
}

void decoder_set_name_key(struct decoder *decoder, const struct hash_key *key)
{
	decoder->name_key = *key;
}

void decoder_set_wrapping(struct decoder *decoder, const struct wrapping *wrapping)
{
	decoder->wrapping = *wrapping;
}

const struct decode_stats *decoder_stats(const struct decoder *decoder)
{
	return &decoder->stats;
}

const struct contexts *decoder_contexts(const struct decoder *decoder)
{
	return decoder->contexts;
}

/* TCP that the snaplen cut behind its ports, which with IPv6 and the usual 64 bytes is every
 * packet. */
static bool fast_cut_tcp(struct packet *packet, const uint8_t *l4, uint32_t l4_captured_bytes,
	uint32_t l4_wire_bytes)
{
	if (l4_captured_bytes < 4) {
		return false;
	}
	packet->tcp_seq = l4_captured_bytes >= 8 ? load_be32(l4, 4) : 0;
	packet->tcp_ack = l4_captured_bytes >= 12 ? load_be32(l4, 8) : 0;
	packet->tcp_flags = l4_captured_bytes >= 14 ? l4[13] : 0;
	packet->tcp_window = l4_captured_bytes >= 16 ? load_be16(l4, 14) : UINT16_MAX;
	packet->tcp_scale = TCP_SCALE_NONE;
	packet->tcp_mss = 0;
	/* The header's length is its thirteenth byte; without it the shortest is taken. */
	uint32_t header_bytes = l4_captured_bytes > 12 ? (l4[12] >> 4) * 4U : TCP_BYTES;
	packet->payload = l4 + l4_captured_bytes;
	packet->payload_bytes = 0;
	packet->payload_wire_bytes = l4_wire_bytes - header_bytes;
	return header_bytes >= TCP_BYTES && header_bytes <= l4_wire_bytes;
}

/* TCP whose header is there, whole and consistent, at these bytes of the frame; l4_wire_bytes is
 * what the IP header says. False, here and below: somebody who looks closer shall decide; the
 * packet is then filled anew. */
static inline bool fast_tcp(struct packet *packet, const uint8_t *l4, uint32_t l4_captured_bytes,
	uint32_t l4_wire_bytes)
{
	if (__builtin_expect(l4_captured_bytes < TCP_BYTES, 0)) {
		return l4_wire_bytes >= TCP_BYTES &&
		       fast_cut_tcp(packet, l4, l4_captured_bytes, l4_wire_bytes);
	}
	uint32_t header_bytes = (l4[12] >> 4) * 4U;
	uint8_t flags = l4[13];
	if (header_bytes < TCP_BYTES || header_bytes > l4_captured_bytes) {
		return false;
	}
	packet->tcp_seq = load_be32(l4, 4);
	packet->tcp_ack = load_be32(l4, 8);
	packet->tcp_flags = flags;
	packet->tcp_window = load_be16(l4, 14);
	packet->tcp_scale = TCP_SCALE_NONE;
	if (flags & TCP_SYN) {
		struct syn_options said =
			decode_syn_options(reader_over(l4 + TCP_BYTES, header_bytes - TCP_BYTES));
		packet->tcp_scale = said.scale;
		packet->tcp_mss = said.mss;
	} else if (flags & TCP_URG) {
		packet->tcp_urgent = load_be16(l4, 18);
	}
	packet->payload = l4 + header_bytes;
	packet->payload_bytes = l4_captured_bytes - header_bytes;
	packet->payload_wire_bytes = l4_wire_bytes - header_bytes;
	return true;
}

/* UDP, the same way; its own length may leave something over behind it. */
static inline bool fast_udp(struct packet *packet, const uint8_t *l4, uint32_t l4_captured_bytes,
	uint32_t l4_wire_bytes)
{
	if (l4_captured_bytes < UDP_BYTES ||
		may_be_udp_tunnel(load_be16(l4, 0), load_be16(l4, 2))) {
		return false;
	}
	uint32_t wire_bytes = load_be16(l4, 4);
	if (wire_bytes < UDP_BYTES || wire_bytes > l4_wire_bytes) {
		return false;
	}
	packet->tcp_seq = packet->tcp_ack = 0;
	packet->tcp_flags = 0;
	packet->tcp_window = 0;
	packet->tcp_scale = TCP_SCALE_NONE;
	packet->payload = l4 + UDP_BYTES;
	packet->payload_bytes =
		(l4_captured_bytes < wire_bytes ? l4_captured_bytes : wire_bytes) - UDP_BYTES;
	packet->payload_wire_bytes = wire_bytes - UDP_BYTES;
	return true;
}

static inline bool fast_transport(struct packet *packet, const uint8_t *l4,
	uint32_t l4_captured_bytes, uint32_t l4_wire_bytes, uint8_t protocol)
{
	return protocol == IP_TCP ? fast_tcp(packet, l4, l4_captured_bytes, l4_wire_bytes)
				  : protocol == IP_UDP &&
					    fast_udp(packet, l4, l4_captured_bytes, l4_wire_bytes);
}

static inline bool fast_ipv4(struct packet *packet, const uint8_t *ip, uint32_t captured_bytes,
	uint32_t wire_bytes, uint16_t context)
{
	uint32_t total_bytes = load_be16(ip, 2);

	/* No options, no fragment, and a length that holds the header and fits the frame. */
	if (ip[0] != 0x45 || (load_be16(ip, 6) & 0x3fff) != 0 || total_bytes < IPV4_BYTES ||
		total_bytes > wire_bytes) {
		return false;
	}
	uint32_t l4_wire_bytes = total_bytes - IPV4_BYTES,
		 l4_captured_bytes = captured_bytes - IPV4_BYTES;
	l4_captured_bytes = l4_captured_bytes < l4_wire_bytes ? l4_captured_bytes : l4_wire_bytes;
	if (!fast_transport(packet, ip + IPV4_BYTES, l4_captured_bytes, l4_wire_bytes, ip[9])) {
		return false;
	}
	packet->ip_bytes = total_bytes;
	packet->ip_id = load_be16(ip, 4);
	packet_set_key4(packet, ip + 12, ip + 16, load_raw16(ip, IPV4_BYTES),
		load_raw16(ip, IPV4_BYTES + 2), ip[9], context);
	return true;
}

static inline bool fast_ipv6(struct packet *packet, const uint8_t *ip, uint32_t captured_bytes,
	uint32_t wire_bytes, uint16_t context)
{
	uint32_t l4_wire_bytes = load_be16(ip, 4);

	if (ip[0] >> 4 != 6 || captured_bytes < IPV6_BYTES ||
		IPV6_BYTES + l4_wire_bytes > wire_bytes) {
		return false;
	}
	uint32_t l4_captured_bytes = captured_bytes - IPV6_BYTES;
	l4_captured_bytes = l4_captured_bytes < l4_wire_bytes ? l4_captured_bytes : l4_wire_bytes;
	if (!fast_transport(packet, ip + IPV6_BYTES, l4_captured_bytes, l4_wire_bytes, ip[6])) {
		return false;
	}
	packet->ip_bytes = IPV6_BYTES + l4_wire_bytes;
	packet->ip_id = 0;
	packet_set_key6(packet, ip + 8, ip + 24, load_raw16(ip, IPV6_BYTES),
		load_raw16(ip, IPV6_BYTES + 2), ip[6], context);
	return true;
}

/* The first frame of a VLAN. False: there is no room for its context. */
static __attribute__((noinline)) bool begin_vlan(struct decoder *decoder, uint16_t vlan_id)
{
	const struct context context = { .vlan_id = vlan_id, .tunnels = { TUNNEL_VLAN } };

	decoder->vlan_contexts[vlan_id] = contexts_intern(decoder->contexts, &context);
	return decoder->vlan_contexts[vlan_id] != 0;
}

/* Ethernet, at most one VLAN, IP without options, TCP or UDP: decoded in one go. The one comparison
 * at the top is what the loads below stand on. A tag of VLAN 0 bears a priority alone. */
static inline bool decode_fast(
	struct decoder *decoder, const struct frame *frame, struct packet *packet)
{
	const uint8_t *bytes = frame->bytes;
	uint32_t at = ETHERNET_BYTES;
	uint16_t context = 0;

	if (frame->link_type != LINK_ETHERNET ||
		frame->captured_bytes < ETHERNET_BYTES + VLAN_BYTES + IPV4_BYTES) {
		return false;
	}
	uint16_t type = load_be16(bytes, 12);
	if (type == ETHERTYPE_VLAN) {
		uint16_t vlan_id = load_be16(bytes, 14) & 0x0fff;
		context = decoder->vlan_contexts[vlan_id];
		if (context == 0 && vlan_id != 0) {
			if (!begin_vlan(decoder, vlan_id)) {
				return false;
			}
			context = decoder->vlan_contexts[vlan_id];
		}
		type = load_be16(bytes, 16);
		at += VLAN_BYTES;
	}
	packet->time_ns = frame->time_ns;
	uint32_t captured_bytes = frame->captured_bytes - at, wire_bytes = frame->wire_bytes - at;
	bool is_done =
		type == ETHERTYPE_IPV4
			? fast_ipv4(packet, bytes + at, captured_bytes, wire_bytes, context)
			: type == ETHERTYPE_IPV6 && fast_ipv6(packet, bytes + at, captured_bytes,
							    wire_bytes, context);
	packet->frame_ahead = is_done ? (uint8_t)(packet->payload - bytes) : 0;
	return is_done;
}

/* Everything that decode_fast() leaves. */
static __attribute__((noinline)) bool decode_slow(
	struct decoder *decoder, const struct frame *frame, struct packet *packet)
{
	struct decoding decoding = {
		.decoder = decoder, .packet = packet, .time_ns = frame->time_ns, .frames = 1
	};
	uint32_t bytes =
		frame->captured_bytes < FRAME_BYTES_READ ? frame->captured_bytes : FRAME_BYTES_READ;
	struct stretch stretch = { reader_over(frame->bytes, bytes),
		frame->wire_bytes > bytes ? frame->wire_bytes - bytes : 0 };
	int result = decode_link(&decoding, frame->link_type, &stretch);

	if (!is_decoded(result)) {
		decoder->stats.refused[result]++;
	}
	return result == DECODE_DONE;
}

void decode_emit(struct decoder *decoder, const struct packet *packet)
{
	unsigned end = decoder->extra_first + decoder->extra_count;

	if (end == DECODE_EXTRAS_MAX) {
		decoder->stats.refused[DECODE_REFUSED_TAG_DEPTH]++;
		return;
	}
	decoder->extras[end] = *packet;
	decoder->extra_count++;
	if (decoder->links) {
		decoder->links->extras[end] = decoder->links->told;
	}
}

/* Puts packets that wait into the batch behind count others; how many there are now. */
static unsigned take_extras(struct decoder *decoder, struct packet_batch *packets, unsigned count)
{
	unsigned room = PACKET_BATCH_MAX - count;
	unsigned taken = decoder->extra_count < room ? decoder->extra_count : room;

	memcpy(packets->packets + count, decoder->extras + decoder->extra_first,
		taken * sizeof(packets->packets[0]));
	if (decoder->links) {
		memcpy(packets->frames + count, decoder->links->extras + decoder->extra_first,
			taken * sizeof(packets->frames[0]));
	}
	decoder->extra_count -= taken;
	decoder->extra_first = decoder->extra_count > 0 ? decoder->extra_first + taken : 0;
	return count + taken;
}

/* Must what the last frame gave be looked after before the next one? */
static inline bool wants_care(const struct decoder *decoder)
{
	return decoder->extra_count > 0 || payload_memory_is_low(&decoder->payloads);
}

/* Always inline: of a function that only prefetches gcc 12 drops the calls. */
static inline __attribute__((always_inline)) void prefetch_frame(
	const struct frame *frame, const struct frame *end)
{
	if (frame + PREFETCH_AHEAD < end) {
		const uint8_t *ahead = frame[PREFETCH_AHEAD].bytes;
		__builtin_prefetch(ahead);
		__builtin_prefetch(ahead + 63);
	}
}

/* Decodes frames, one packet behind the other, until the end or a frame that is not usual; how many
 * there were. */
static __attribute__((noinline)) unsigned decode_usual(struct decoder *decoder,
	const struct frame *frames, const struct frame *end, struct packet *packet)
{
	const struct frame *frame = frames;

	for (; frame < end; frame++, packet++) {
		prefetch_frame(frame, end);
		if (__builtin_expect(!decode_fast(decoder, frame, packet), 0)) {
			break;
		}
	}
	return (unsigned)(frame - frames);
}

/* The frames of packets that came one from each, as the frames stand. first: the first of them. */
static void refer_to_each(const struct decoder *decoder, const struct frame *first, unsigned count,
	struct frame_ref *of, uint64_t number)
{
	const uint64_t *places = decoder->places + (first - decoder->frames);

	for (unsigned i = 0; i < count; i++) {
		of[i] = (struct frame_ref){ number + i, places[i] };
	}
}

/* Decodes frames, each at most one packet behind the others, until the end or one that wants care;
 * where the packets end. Where frames are tracked each packet says in `of` which one it came in;
 * number: of the first of these frames. */
static struct packet *decode_run(struct decoder *decoder, const struct frame **frames,
	const struct frame *end, struct packet *packet, struct frame_ref *of, uint64_t number)
{
	const struct frame *frame = *frames;
	bool is_tracked = decoder->links != NULL;

	for (;;) {
		unsigned count = decode_usual(decoder, frame, end, packet);
		if (is_tracked) {
			refer_to_each(decoder, frame, count, of, number);
		}
		frame += count;
		packet += count;
		of += count;
		number += count;
		if (frame == end) {
			break;
		}
		if (is_tracked) {
			refer_to_each(decoder, frame, 1, of, number);
			frame_links_take_up(decoder->links, *of);
		}
		bool is_packet = decode_slow(decoder, frame, packet);
		frame++;
		number++;
		packet += is_packet;
		of += is_packet;
		if (wants_care(decoder)) {
			break;
		}
	}
	*frames = frame;
	return packet;
}

/* The most that a segment may have; anything, while no SYN said. */
static inline uint32_t segment_limit(const struct decoder *decoder)
{
	return decoder->mss_most ? decoder->mss_most : UINT32_MAX;
}

/* A SYN, or a segment beyond the most that any SYN allowed so far; that most, as it is then. */
static __attribute__((noinline)) uint32_t note_segment(
	struct decoder *decoder, const struct packet *packet)
{
	struct decode_stats *stats = &decoder->stats;
	uint32_t bytes = packet->payload_wire_bytes;

	if (packet->tcp_flags & TCP_SYN) {
		decoder->mss_most =
			packet->tcp_mss > decoder->mss_most ? packet->tcp_mss : decoder->mss_most;
	} else {
		stats->segments_merged++;
		stats->segment_most = bytes > stats->segment_most ? bytes : stats->segment_most;
	}
	return segment_limit(decoder);
}

/* No sender fills a segment beyond what its receiver's SYN allows (RFC 9293, 3.7.1). Which of all
 * SYNs so far that was is not asked: the most that any allowed counts. Which packets are TCP nobody
 * can predict, so that is not branched on. */
static void count_segments(struct decoder *decoder, const struct packet *packets, unsigned count)
{
	uint32_t limit = segment_limit(decoder);
	uint64_t segments = 0;

	for (const struct packet *packet = packets; packet < packets + count; packet++) {
		bool is_segment = packet->tcp_flags != 0;
		bool is_syn = packet->tcp_flags & TCP_SYN;
		segments += is_segment;
		if (__builtin_expect(
			    is_syn | (is_segment & (packet->payload_wire_bytes > limit)), 0)) {
			limit = note_segment(decoder, packet);
		}
	}
	decoder->stats.segments += segments;
}

/* Looks through the packets [from, to) of the batch while they are in the first cache: duplicates
 * go. Where those that stay end. */
static unsigned look_through(
	struct decoder *decoder, struct packet_batch *packets, unsigned from, unsigned to)
{
	struct packet *first = packets->packets + from;
	unsigned kept = duplicates_remove(decoder->duplicates, first,
		decoder->links ? packets->frames + from : NULL, to - from);

	count_segments(decoder, first, kept);
	decoder->stats.packets += kept;
	decoder->stats.refused[DECODE_REFUSED_DUPLICATE] += to - from - kept;
	return from + kept;
}

/* Goes on with the frames in hand, while there is room for the packet of each. */
static void decode_frames(struct decoder *decoder, struct packet_batch *packets)
{
	const struct frame *frame = decoder->frames + decoder->next_frame;
	const struct frame *last = decoder->frames + decoder->frame_count;
	uint64_t first = decoder->stats.frames - decoder->next_frame; /* of those in hand */
	unsigned count;

	decoder->sightings = &packets->sightings;
	payload_memory_turn(&decoder->payloads);
	count = look_through(decoder, packets, 0, take_extras(decoder, packets, 0));
	while (frame < last && count < PACKET_BATCH_MAX && !wants_care(decoder)) {
		size_t left = (size_t)(last - frame), room = PACKET_BATCH_MAX - count;
		room = room < RUN_PACKETS ? room : RUN_PACKETS;
		const struct frame *end = frame + (left < room ? left : room);
		struct packet *packet = decode_run(decoder, &frame, end, packets->packets + count,
			packets->frames + count, first + (uint64_t)(frame - decoder->frames));
		unsigned made =
			take_extras(decoder, packets, (unsigned)(packet - packets->packets));
		count = look_through(decoder, packets, count, made);
	}
	packets->count = count;
	decoder->stats.routed = duplicates_routed(decoder->duplicates);
	decoder->stats.late = duplicates_late(decoder->duplicates);
	decoder->stats.frames += (size_t)(frame - decoder->frames) - decoder->next_frame;
	decoder->next_frame = (unsigned)(frame - decoder->frames);
}

void decode_batch(
	struct decoder *decoder, const struct frame_batch *frames, struct packet_batch *packets)
{
	packets->sightings.count = packets->sightings.lost = 0;
	decoder->sightings = &packets->sightings;
	decoder->frames = frames->frames;
	decoder->places = frames->places;
	decoder->frame_count = frames->count;
	decoder->next_frame = 0;
	decoder->is_ending = false;
	while (decoder->stats.held > 0 && frames->count > 0 && decoder->extra_count == 0 &&
		decode_give_up_one(decoder, frames->frames[0].time_ns)) {
	}
	decode_frames(decoder, packets);
}

bool decoder_has_rest(const struct decoder *decoder)
{
	return decoder->extra_count > 0 || decoder->next_frame < decoder->frame_count ||
	       (decoder->is_ending && decoder->stats.held > 0);
}

bool decode_rest(struct decoder *decoder, struct packet_batch *packets)
{
	packets->count = packets->sightings.count = packets->sightings.lost = 0;
	if (!decoder_has_rest(decoder)) {
		return false;
	}
	while (decoder->is_ending && decoder->extra_count == 0 &&
		decode_give_up_one(decoder, UINT64_MAX)) {
	}
	decode_frames(decoder, packets);
	return true;
}

void decoder_end(struct decoder *decoder)
{
	decoder->frame_count = decoder->next_frame = 0;
	decoder->is_ending = true;
}

void decoder_drop(struct decoder *decoder)
{
	decode_drop_held(decoder);
}

#include "tests/traffic/impair.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "tests/traffic/bytes.h"

enum { FRAGMENT_LEAST_BYTES = 600, IPV6_FRAGMENT_HEADER = 44 };

#define REORDER_WINDOW_NS (50 * NS_PER_MS)
#define DOUBLED_AFTER_NS  (5 * NS_PER_US)

static void lose(
	struct timeline *timeline, struct truth *truth, unsigned per_10000, struct rng *rng)
{
	size_t count;
	struct timeline_packet *packets = timeline_packets(timeline, &count);

	for (size_t i = 0; i < count; i++) {
		if (!rng_chance(rng, per_10000)) {
			continue;
		}
		packets[i].is_dropped = true;
		if (packets[i].flow != TRUTH_NO_FLOW) {
			struct truth_flow *flow = truth_flow(truth, packets[i].flow);
			flow->name_lost |= packets[i].carries_name;
			flow->start_lost |= packets[i].starts_flow;
		}
	}
}

/* The next packet of the same flow and direction. An answer that comes before it stands in the way:
 * what was answered has passed the sensor. */
static struct timeline_packet *find_next_of_flow(
	struct timeline_packet *packet, const struct timeline_packet *end)
{
	for (struct timeline_packet *next = packet + 1;
		next < end && next->time_ns - packet->time_ns < REORDER_WINDOW_NS; next++) {
		if (next->flow == packet->flow) {
			return next->direction == packet->direction ? next : NULL;
		}
	}
	return NULL;
}

/* The first packet of a flow keeps its place: whoever sees an answer before its question cannot
 * know who asked. */
static void reorder(struct timeline *timeline, unsigned per_10000, struct rng *rng)
{
	size_t count;
	struct timeline_packet *packets = timeline_packets(timeline, &count);

	for (size_t i = 0; i < count; i++) {
		if (packets[i].flow == TRUTH_NO_FLOW || packets[i].starts_flow ||
			!rng_chance(rng, per_10000)) {
			continue;
		}
		struct timeline_packet *other = find_next_of_flow(&packets[i], packets + count);
		if (other) {
			struct timeline_packet moved = packets[i];
			uint64_t time_ns = other->time_ns;
			packets[i] = *other;
			packets[i].time_ns = moved.time_ns;
			*other = moved;
			other->time_ns = time_ns;
		}
	}
	for (size_t i = 0; i < count; i++) {
		packets[i].order = (uint32_t)i;
	}
}

static void double_some(struct timeline *timeline, unsigned per_10000, struct rng *rng)
{
	size_t count;
	timeline_packets(timeline, &count);

	for (size_t i = 0; i < count; i++) {
		size_t now;
		struct timeline_packet copy = timeline_packets(timeline, &now)[i];
		if (copy.is_dropped || !rng_chance(rng, per_10000)) {
			continue;
		}
		copy.time_ns += DOUBLED_AFTER_NS;
		copy.is_copy = true;
		uint8_t *bytes = malloc(copy.stored_bytes);
		if (!bytes) {
			abort();
		}
		memcpy(bytes, timeline_bytes(timeline, &copy), copy.stored_bytes);
		timeline_add(timeline, &copy, bytes);
		free(bytes);
	}
}

/* One piece of an IPv4 packet (RFC 791 3.2): its header again, with offset and length
 * of its own. */
static size_t build_piece_v4(
	uint8_t *piece, const uint8_t *whole, size_t offset, size_t count, bool more, uint16_t id)
{
	memcpy(piece, whole, 20);
	memcpy(piece + 20, whole + 20 + offset, count);
	put_u16(piece + 2, (unsigned)(20 + count));
	put_u16(piece + 4, id);
	put_u16(piece + 6, (more ? 0x2000u : 0u) | (unsigned)(offset / 8));
	put_u16(piece + 10, 0);
	put_u16(piece + 10, internet_checksum(checksum_add(0, piece, 20)));
	return 20 + count;
}

/* The same for IPv6 (RFC 8200 4.5): a fragment header behind the fixed one. */
static size_t build_piece_v6(
	uint8_t *piece, const uint8_t *whole, size_t offset, size_t count, bool more, uint16_t id)
{
	memcpy(piece, whole, 40);
	put_u16(piece + 4, (unsigned)(8 + count));
	piece[6] = IPV6_FRAGMENT_HEADER;
	piece[40] = whole[6];
	piece[41] = 0;
	put_u16(piece + 42, (unsigned)offset | (more ? 1u : 0u));
	put_u32(piece + 44, id);
	memcpy(piece + 48, whole + 40 + offset, count);
	return 48 + count;
}

static void add_pieces(struct timeline *timeline, const struct timeline_packet *packet,
	const uint8_t *whole, unsigned piece_count, uint16_t id)
{
	bool is_v4 = packet->ethertype == ETHERTYPE_IPV4;
	size_t header_bytes = is_v4 ? 20 : 40;
	size_t body_bytes = packet->wire_bytes - header_bytes;
	size_t piece_bytes = (body_bytes / piece_count + 7) & ~(size_t)7;

	for (size_t offset = 0; offset < body_bytes; offset += piece_bytes) {
		uint8_t piece[2048];
		bool more = offset + piece_bytes < body_bytes;
		size_t count = more ? piece_bytes : body_bytes - offset;
		struct timeline_packet part = *packet;

		part.wire_bytes = (uint32_t)(is_v4 ? build_piece_v4 : build_piece_v6)(
			piece, whole, offset, count, more, id);
		part.stored_bytes = part.wire_bytes;
		part.starts_flow &= offset == 0;
		timeline_add(timeline, &part, piece);
	}
}

static void fragment_some(struct timeline *timeline, unsigned per_10000, struct rng *rng)
{
	size_t count;
	timeline_packets(timeline, &count);

	for (size_t i = 0; i < count; i++) {
		size_t now;
		struct timeline_packet packet = timeline_packets(timeline, &now)[i];
		uint8_t whole[2048];

		if (packet.is_dropped || packet.carries_name || packet.flow == TRUTH_NO_FLOW ||
			packet.wire_bytes < FRAGMENT_LEAST_BYTES ||
			packet.wire_bytes > sizeof(whole) - 8 ||
			packet.stored_bytes < packet.wire_bytes || !rng_chance(rng, per_10000)) {
			continue;
		}
		memcpy(whole, timeline_bytes(timeline, &packet), packet.stored_bytes);
		timeline_packets(timeline, &now)[i].is_dropped = true;
		add_pieces(timeline, &packet, whole, (unsigned)rng_between(rng, 2, 3),
			(uint16_t)(i + 1));
	}
}

void impair(struct timeline *timeline, struct truth *truth, const struct impairments *impairments,
	struct rng *rng)
{
	if (impairments->reordered_per_10000) {
		reorder(timeline, impairments->reordered_per_10000, rng);
	}
	if (impairments->fragmented_per_10000) {
		fragment_some(timeline, impairments->fragmented_per_10000, rng);
		timeline_sort(timeline);
	}
	if (impairments->lost_per_10000) {
		lose(timeline, truth, impairments->lost_per_10000, rng);
	}
	if (impairments->doubled_per_10000) {
		double_some(timeline, impairments->doubled_per_10000, rng);
		timeline_sort(timeline);
	}
}

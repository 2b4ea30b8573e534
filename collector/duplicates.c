#include "collector/duplicates.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "collector/sightings.h"

enum {
	PLACES = 4096,
	SHARED = 8,
	/* So many packets are looked at from the start on, and after each duplicate. */
	WATCHED_FIRST = 4096,
	WATCHED_AFTER = 65536,
	/* One packet in so many is looked at otherwise. */
	SAMPLE = 1024,
	/* For each sure duplicate so many doubtful ones are believed. */
	BELIEVED_EACH = 4,
	BELIEVED_MOST = 64,
	/* What may have been sent again is a copy while more than one in so many comes twice, and
	 * all that is doubtful while more than one in so many that would be sure does. */
	REPEATED_EACH = 8,
	REPEATED_LEAST = 64,
	REPEATED_MOST = 128,
	/* Late copies are as late as others to one part in so many. */
	LATE_STEADY = 4,
	/* A router takes one from the hop limit; some that stand in a row are seen as one. */
	HOPS_MOST = 8,
	/* TCP numbers from here on were drawn, and not counted from the start. */
	DRAWN = 1 << 16,
	/* What a datagram of some length ends with, and how often the highest bit changes there
	 * from byte to byte where it is encrypted: 7.5 times, and in one of 57 fewer than this. */
	DATAGRAM_TELLING = 32, /* bytes */
	ENCRYPTED_END = 16,
	ENCRYPTED_CHANGES = 4,
	CONTEXT_BITS = 16,
	/* Above the context in a print: the same came again later than copies do, once, and again
	 * after that: whoever sends it gives all that it sends one identification. */
	AGAIN = 1 << CONTEXT_BITS,
	STANDS = 2 << CONTEXT_BITS,
	/* How many copies of it were taken out, as far as that matters. */
	COPIES_AT = CONTEXT_BITS + 2,
	COPIES_MOST = 3,
	PRINT_BITS_FROM = CONTEXT_BITS + 4
};

/* Copies lie this far apart at most: the buffers of a switch, not a retransmission. */
#define APART_NS (5 * NS_PER_MS)
/* No sender that counts or draws identifications comes to the same one and the same bytes so soon.
 */
#define STANDS_NS (NS_PER_S)
/* Whoever sends again has to miss an answer first. */
#define RESENT_NS (100 * NS_PER_US)

enum copy { COPY_NONE, COPY_DOUBTFUL, COPY_OR_RESENT, COPY_SURE };

/* Where the copy was: on the same wire, behind a router, in another VLAN. Each is believed by
 * itself. */
enum side { SIDE_SAME, SIDE_ROUTED, SIDE_VLAN, SIDE_COUNT };

struct seen {
	uint64_t time_ns;
	uint64_t print; /* but for its lowest bits: copies, AGAIN, STANDS and the context */
	uint64_t link;  /* link_of() */
};

struct duplicates {
	const struct contexts *contexts;
	uint64_t secret[4];
	uint32_t watched;
	uint32_t believed[SIDE_COUNT], repeated[SIDE_COUNT], doubled[SIDE_COUNT];
	uint32_t copies[SIDE_COUNT]; /* that the last sure one had */
	struct duplicates_routed routed;
	struct duplicates_late late;
	struct seen places[PLACES];
};

struct duplicates *duplicates_create(const struct contexts *contexts)
{
	struct duplicates *duplicates = calloc(1, sizeof(*duplicates));

	if (duplicates) {
		struct hash_key keys[2] = { hash_key_random(), hash_key_random() };
		memcpy(duplicates->secret, keys, sizeof(duplicates->secret));
		duplicates->watched = WATCHED_FIRST;
		duplicates->contexts = contexts;
	}
	return duplicates;
}

void duplicates_destroy(struct duplicates *duplicates)
{
	free(duplicates);
}

/* Neither factor is known to whoever chooses the words (as in simd/kernels_scalar.c). */
static inline uint64_t mix(
	const struct duplicates *duplicates, uint64_t hash, uint64_t a, uint64_t b)
{
	unsigned __int128 product =
		(unsigned __int128)(a ^ hash ^ duplicates->secret[0]) * (b ^ duplicates->secret[1]);
	return (uint64_t)product ^ (uint64_t)(product >> 64) ^ duplicates->secret[2];
}

static uint64_t mix_bytes(
	const struct duplicates *duplicates, uint64_t hash, const void *bytes, size_t count)
{
	const uint8_t *at = bytes;
	uint64_t words[2] = { 0, 0 };

	for (; count >= sizeof(words); at += sizeof(words), count -= sizeof(words)) {
		memcpy(words, at, sizeof(words));
		hash = mix(duplicates, hash, words[0], words[1]);
	}
	words[0] = words[1] = 0;
	memcpy(words, at, count);
	return mix(duplicates, hash, words[0] ^ (uint64_t)count << 56, words[1]);
}

/* TCP's time stamps, where they are its only option, as with most systems. */
static uint64_t stamps_of(const struct packet *packet)
{
	static const uint8_t option[4] = { 1, 1, 8, 10 };
	uint64_t stamps = 0;

	if (packet->tcp_flags && packet->payload_bytes > 0) {
		const uint8_t *at = packet->payload - sizeof(option) - sizeof(stamps);
		if (memcmp(at, option, sizeof(option)) == 0) {
			memcpy(&stamps, at + sizeof(option), sizeof(stamps));
		}
	}
	return stamps;
}

static uint64_t print_of(const struct duplicates *duplicates, const struct packet *packet)
{
	size_t key_bytes =
		packet->flags & PACKET_V6 ? sizeof(packet->key.v6) : sizeof(packet->key.v4);
	uint64_t hash = mix_bytes(duplicates, duplicates->secret[3], &packet->key, key_bytes);

	hash = mix(duplicates, hash, (uint64_t)packet->tcp_seq << 32 | packet->tcp_ack,
		(uint64_t)packet->tcp_flags << 56 | (uint64_t)packet->flags << 48 |
			(uint64_t)packet->tcp_window << 16 | packet->ip_id);
	hash = mix(duplicates, hash, packet->ip_bytes ^ stamps_of(packet),
		(uint64_t)packet->payload_wire_bytes << 32 | packet->payload_bytes);
	return packet->payload_bytes
		       ? mix_bytes(duplicates, hash, packet->payload, packet->payload_bytes)
		       : hash;
}

/* The same for both copies and in every run, and cheap: which packets are looked at, and which
 * places they share, depends on the packets alone. */
static inline uint32_t spot_of(const struct packet *packet)
{
	enum {
		PORTS_V4 = offsetof(struct flow_key4, port_be),
		PORTS_V6 = offsetof(struct flow_key6, port_be)
	};
	size_t at = packet->flags & PACKET_V6 ? PORTS_V6 : PORTS_V4;
	uint32_t ports, numbers = packet->tcp_seq ^ packet->tcp_ack << 7;

	memcpy(&ports, (const uint8_t *)&packet->key + at, sizeof(ports));
	return (numbers ^ ports ^ packet->ip_id ^ packet->payload_wire_bytes << 16) * 2654435769U;
}

/* Where a packet is remembered: packets of one flow that share all numbers, as an acknowledgement
 * and the segment behind it, or datagrams without any, differ in length or in how they end. */
static uint32_t place_of(const struct packet *packet, uint32_t spot)
{
	enum { PLACE_BITS = 12 };
	uint32_t end = packet->payload_wire_bytes;

	_Static_assert(PLACES == 1 << PLACE_BITS, "a place for each number of so many bits");
	if (packet->tcp_flags == 0 && packet->payload_bytes >= sizeof(end)) {
		memcpy(&end, packet->payload + packet->payload_bytes - sizeof(end), sizeof(end));
	}
	return ((spot ^ end) * 2654435769U) >> (32 - PLACE_BITS);
}

/* Neither text nor padding ends so; who counts or logs sends the same line many times a moment. */
static bool is_encrypted(const struct packet *packet)
{
	const uint8_t *end = packet->payload + packet->payload_bytes;
	unsigned changes = 0;

	if (packet->payload_bytes < DATAGRAM_TELLING) {
		return false;
	}
	for (const uint8_t *at = end - ENCRYPTED_END + 1; at < end; at++) {
		changes += (at[0] ^ at[-1]) >> 7;
	}
	return changes >= ENCRYPTED_CHANGES;
}

/* Nobody sends the same bytes of a stream or the same identification twice within a moment, nor
 * what is encrypted. But two acknowledgements may be the same to the last bit, or two datagrams, of
 * which no identification tells anything; and what stands was sent again and again, whatever it
 * looks like. */
static bool is_sure(const struct packet *packet, bool stands)
{
	if ((packet->ip_id != 0 && !stands) || packet->tcp_flags & (TCP_SYN | TCP_FIN)) {
		return true;
	}
	if (packet->tcp_flags) {
		return packet->payload_bytes > 0;
	}
	return !stands && !(packet->flags & PACKET_FRAGMENT) && is_encrypted(packet);
}

/* What each router changes: whose MAC address sent it, and the hop limit in the lowest bits; 0
 * where the frame does not say. */
static uint64_t link_of(const struct packet *packet)
{
	uint8_t mac[6], hops;
	uint64_t link = 0;

	if (sender_of_packet(mac, &hops, packet)) {
		memcpy(&link, mac, sizeof(mac));
		link = link << 8 | hops;
	}
	return link;
}

static inline unsigned hops_between(uint64_t one, uint64_t other)
{
	uint8_t hops = (uint8_t)one, others = (uint8_t)other;

	return hops > others ? hops - others : others - hops;
}

/* Were both put on their wires by different hosts, at most some routers apart? */
static inline bool is_other_link(uint64_t one, uint64_t other)
{
	return one && other && one >> 8 != other >> 8 && hops_between(one, other) <= HOPS_MOST;
}

static bool is_drawn(const struct packet *packet)
{
	return packet->tcp_flags ? packet->tcp_seq >= DRAWN &&
					   (packet->tcp_ack >= DRAWN || packet->tcp_flags & TCP_SYN)
				 : packet->ip_id != 0 && is_encrypted(packet);
}

static inline bool is_routed(uint64_t one, uint64_t other)
{
	return is_other_link(one, other) && hops_between(one, other) > 0;
}

/* A segment that neither an identification nor a time stamp tells from the same one sent again. */
static bool may_be_resent(const struct packet *packet)
{
	return packet->ip_id == 0 && packet->tcp_flags && packet->payload_bytes > 0 &&
	       !(packet->tcp_flags & (TCP_SYN | TCP_FIN)) && stamps_of(packet) == 0;
}

static enum copy copy_on_link(const struct packet *packet, bool stands, uint64_t apart_ns)
{
	if (!is_sure(packet, stands)) {
		return COPY_DOUBTFUL;
	}
	return apart_ns > RESENT_NS && may_be_resent(packet) ? COPY_OR_RESENT : COPY_SURE;
}

static inline uint64_t apart(const struct seen *seen, const struct packet *packet)
{
	return packet->time_ns > seen->time_ns ? packet->time_ns - seen->time_ns
					       : seen->time_ns - packet->time_ns;
}

static inline bool is_same_print(const struct seen *seen, uint64_t print)
{
	return (seen->print ^ print) >> PRINT_BITS_FROM == 0;
}

/* Address plans of two VLANs may overlap, and hosts in both may say the same. A copy came through a
 * router or firewall: by another MAC address, and some hops later; a firewall may leave the hops
 * alone. Of TCP, and where the hops are left alone, the numbers are such that no two hosts draw
 * them. */
static enum copy copy_between_vlans(const struct duplicates *duplicates, const struct seen *seen,
	const struct packet *packet, uint64_t apart_ns)
{
	const struct context *one = contexts_get(duplicates->contexts, (uint16_t)seen->print);
	const struct context *other = contexts_get(duplicates->contexts, packet->context);
	uint64_t link = link_of(packet);

	if (!context_is_vlan(one) || !context_is_vlan(other)) {
		return COPY_NONE;
	}
	if (seen->link == 0 && link == 0) {
		return COPY_DOUBTFUL;
	}
	if (!is_other_link(seen->link, link)) {
		return COPY_NONE;
	}
	bool is_later = hops_between(seen->link, link) > 0;
	bool stands = seen->print & STANDS;
	if (packet->tcp_flags || !is_later ? !is_drawn(packet) : !is_sure(packet, stands)) {
		return COPY_DOUBTFUL;
	}
	return is_later ? COPY_SURE : copy_on_link(packet, stands, apart_ns);
}

/* What somebody outside wrapped takes the place of nothing that came bare. */
static enum copy copy_of(const struct duplicates *duplicates, const struct seen *seen,
	uint64_t print, const struct packet *packet)
{
	uint16_t context = (uint16_t)seen->print;
	uint64_t apart_ns = apart(seen, packet);

	if (!is_same_print(seen, print) || apart_ns > APART_NS) {
		return COPY_NONE;
	}
	if (context == packet->context || context == 0 ||
		(packet->context == 0 &&
			!contexts_get(duplicates->contexts, context)->is_from_outside) ||
		contexts_are_hops(duplicates->contexts, context, packet->context)) {
		return packet->tcp_flags && is_routed(seen->link, link_of(packet))
			       ? COPY_SURE
			       : copy_on_link(packet, seen->print & STANDS, apart_ns);
	}
	return packet->context ? copy_between_vlans(duplicates, seen, packet, apart_ns) : COPY_NONE;
}

static enum side side_of(const struct seen *seen, const struct packet *packet)
{
	uint16_t context = (uint16_t)seen->print;

	if (context && packet->context && context != packet->context) {
		return SIDE_VLAN;
	}
	return is_routed(seen->link, link_of(packet)) ? SIDE_ROUTED : SIDE_SAME;
}

static inline unsigned copies_of(const struct seen *seen)
{
	return (unsigned)(seen->print >> COPIES_AT) & COPIES_MOST;
}

/* What was seen is the one that this is equal to from now on. */
static void begin_anew(struct seen *seen, const struct packet *packet)
{
	seen->print -= (uint64_t)copies_of(seen) << COPIES_AT;
	seen->time_ns = packet->time_ns;
}

/* How late most are, as a majority is found (Boyer and Moore, 1981): each vote for another distance
 * takes one away. What is sent again comes when an answer is missed, now sooner and now later. */
static void note_late(struct duplicates_late *late, uint64_t apart_ns)
{
	uint64_t off_ns =
		apart_ns > late->apart_ns ? apart_ns - late->apart_ns : late->apart_ns - apart_ns;

	if (off_ns <= late->apart_ns / LATE_STEADY) {
		late->packets++;
	} else if (late->packets > 0) {
		late->packets--;
	} else {
		late->packets = 1;
		late->apart_ns = apart_ns;
	}
}

/* The same again, too late for a copy and too soon for an identification to come round, or for what
 * is encrypted to be the same. Once it may be the copy of a slower mirror; twice, and it is what
 * its sender always sends: what was taken for copies since then vouches for no others. */
static bool has_come_again(struct duplicates *duplicates, struct seen *seen, uint64_t print,
	const struct packet *packet)
{
	if ((packet->ip_id == 0 && packet->tcp_flags) || !is_same_print(seen, print) ||
		(uint16_t)seen->print != packet->context || apart(seen, packet) > STANDS_NS) {
		return false;
	}
	if (!(seen->print & AGAIN) && packet->ip_id != 0 && seen->link == link_of(packet)) {
		note_late(&duplicates->late, apart(seen, packet));
	}
	if (seen->print & AGAIN && !(seen->print & STANDS)) {
		enum side side = side_of(seen, packet);
		seen->print |= STANDS;
		duplicates->believed[side] = duplicates->doubled[side] = 0;
	}
	seen->print |= AGAIN;
	return true;
}

/* Eight share eight places, and a ninth one takes that of the oldest. NULL: it was not seen. */
static struct seen *find_or_keep(
	struct duplicates *duplicates, const struct packet *packet, uint32_t spot, enum copy *copy)
{
	uint64_t print = print_of(duplicates, packet) >> PRINT_BITS_FROM << PRINT_BITS_FROM;
	struct seen *shared = &duplicates->places[place_of(packet, spot) & ~(SHARED - 1U)];
	struct seen *oldest = shared;

	for (struct seen *seen = shared; seen < shared + SHARED; seen++) {
		*copy = copy_of(duplicates, seen, print, packet);
		if (*copy != COPY_NONE) {
			return seen;
		}
		if (has_come_again(duplicates, seen, print, packet)) {
			begin_anew(seen, packet);
			return NULL;
		}
		oldest = seen->time_ns < oldest->time_ns ? seen : oldest;
	}
	*oldest = (struct seen){ packet->time_ns, print | packet->context, link_of(packet) };
	return NULL;
}

static uint32_t add_up_to(uint32_t most, uint32_t count, uint32_t more)
{
	return count + more < most ? count + more : most;
}

/* Nothing like it was seen before. */
static void note_single(struct duplicates *duplicates, const struct packet *packet)
{
	bool may_come_again = may_be_resent(packet), would_be_sure = is_sure(packet, false);

	duplicates->late.asked += packet->ip_id != 0;
	for (unsigned side = 0; side < SIDE_COUNT; side++) {
		duplicates->repeated[side] -= may_come_again && duplicates->repeated[side] > 0;
		duplicates->doubled[side] -= would_be_sure && duplicates->doubled[side] > 0;
	}
}

/* For each sure one some doubtful ones are believed, and all where nearly everything comes twice;
 * and what may have been sent again where too much of it does for that. */
static bool is_believed(struct duplicates *duplicates, enum copy copy, enum side side)
{
	uint32_t *believed = &duplicates->believed[side], *repeated = &duplicates->repeated[side];

	if (copy == COPY_OR_RESENT) {
		*repeated = add_up_to(REPEATED_MOST, *repeated, REPEATED_EACH);
		copy = *repeated >= REPEATED_LEAST ? COPY_SURE : COPY_DOUBTFUL;
	}
	if (copy == COPY_SURE) {
		uint32_t *doubled = &duplicates->doubled[side];
		*believed = add_up_to(BELIEVED_MOST, *believed, BELIEVED_EACH);
		*doubled = add_up_to(REPEATED_MOST, *doubled, REPEATED_EACH);
		return true;
	}
	if (duplicates->doubled[side] >= REPEATED_LEAST) {
		return true;
	}
	if (*believed == 0) {
		return false;
	}
	(*believed)--;
	return true;
}

/* What is equal by chance comes many times in a moment: each has as many copies as what is sure had
 * lately, and one more is the next one. */
static bool is_next(const struct duplicates *duplicates, const struct seen *seen, enum copy copy,
	enum side side)
{
	unsigned most = duplicates->copies[side] ? duplicates->copies[side] : 1;

	return copy == COPY_DOUBTFUL && copies_of(seen) >= most;
}

static void count_copy(
	struct duplicates *duplicates, struct seen *seen, enum copy copy, enum side side)
{
	seen->print += copies_of(seen) < COPIES_MOST ? UINT64_C(1) << COPIES_AT : 0;
	if (copy != COPY_DOUBTFUL) {
		duplicates->copies[side] = copies_of(seen);
	}
}

static uint16_t vlan_of(const struct duplicates *duplicates, uint16_t context)
{
	return contexts_get(duplicates->contexts, context)->vlan_id;
}

static void count_routed(struct duplicates *duplicates, const struct seen *seen,
	const struct packet *packet, enum side side)
{
	struct duplicates_routed *routed = &duplicates->routed;

	if (side != SIDE_SAME) {
		routed->packets++;
		routed->vlan_ids[0] = vlan_of(duplicates, (uint16_t)seen->print);
		routed->vlan_ids[1] = vlan_of(duplicates, packet->context);
	}
}

static bool is_duplicate(struct duplicates *duplicates, const struct packet *packet, uint32_t spot)
{
	enum copy copy;
	struct seen *seen = find_or_keep(duplicates, packet, spot, &copy);

	if (!seen) {
		note_single(duplicates, packet);
		return false;
	}
	enum side side = side_of(seen, packet);
	if (is_next(duplicates, seen, copy, side)) {
		begin_anew(seen, packet);
		return false;
	}
	if (!is_believed(duplicates, copy, side)) {
		return false;
	}
	count_copy(duplicates, seen, copy, side);
	count_routed(duplicates, seen, packet, side);
	duplicates->watched = WATCHED_AFTER;
	return true;
}

bool duplicates_have_piece(struct duplicates *duplicates, const struct packet *piece)
{
	return is_duplicate(duplicates, piece, spot_of(piece));
}

/* Fragments were asked about one by one, and have neither identification nor payload of their own
 * by now. */
static bool is_to_go(struct duplicates *duplicates, const struct packet *packet)
{
	return !(packet->flags & (PACKET_FRAGMENT | PACKET_REASSEMBLED)) &&
	       is_duplicate(duplicates, packet, spot_of(packet));
}

static inline bool is_sampled(uint32_t spot)
{
	return spot >> 16 < 65536 / SAMPLE;
}

/* The next packet that is looked at though nobody watches; count: none. */
static inline unsigned next_sampled(const struct packet *packets, unsigned at, unsigned count)
{
	while (at < count && !is_sampled(spot_of(&packets[at]))) {
		at++;
	}
	return at;
}

/* Packets that stay close ranks, and their frames with them; how many there are now. */
static inline unsigned keep(
	struct packet *packets, struct frame_ref *frames, unsigned left, unsigned from, unsigned to)
{
	if (left != from) {
		memmove(packets + left, packets + from, (to - from) * sizeof(*packets));
		if (frames) {
			memmove(frames + left, frames + from, (to - from) * sizeof(*frames));
		}
	}
	return left + to - from;
}

unsigned duplicates_remove(struct duplicates *duplicates, struct packet *packets,
	struct frame_ref *frames, unsigned count)
{
	unsigned left = 0, at = 0;

	while (at < count) {
		unsigned next = at;
		if (__builtin_expect(duplicates->watched == 0, 1)) {
			next = next_sampled(packets, at, count);
			left = keep(packets, frames, left, at, next);
		} else {
			duplicates->watched--;
		}
		if (next < count) {
			bool is_gone = is_to_go(duplicates, &packets[next]);
			left = is_gone ? left : keep(packets, frames, left, next, next + 1);
			next++;
		}
		at = next;
	}
	return left;
}

struct duplicates_routed duplicates_routed(const struct duplicates *duplicates)
{
	return duplicates->routed;
}

struct duplicates_late duplicates_late(const struct duplicates *duplicates)
{
	return duplicates->late;
}

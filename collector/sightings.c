#include "collector/sightings.h"

#include <string.h>

#include "base/reader.h"
#include "collector/packet.h"

enum { TYPE_IPV4 = 0x0800, TYPE_IPV6 = 0x86dd, TYPE_VLAN = 0x8100, PROTOCOL_TCP = 6 };

const char *sighting_kind_name(enum sighting_kind kind)
{
	static const char *const names[] = {
#define X(id, name) [SIGHTING_##id] = (name),
		SIGHTING_KINDS(X)
#undef X
	};
	return (unsigned)kind < SIGHTING_KIND_COUNT ? names[kind] : "";
}

void sightings_merge(struct sightings *list, unsigned first)
{
	struct sighting behind[SIGHTINGS_MAX];
	unsigned left = first, right = list->count - first, at = list->count;

	if (left == 0 || right == 0 ||
		list->items[first - 1].time_ns <= list->items[first].time_ns) {
		return;
	}
	memcpy(behind, list->items + first, right * sizeof(behind[0]));
	while (right > 0) {
		bool is_left =
			left > 0 && list->items[left - 1].time_ns > behind[right - 1].time_ns;
		list->items[--at] = is_left ? list->items[--left] : behind[--right];
	}
}

uint64_t sighting_hash(const struct hash_key *key, char purpose, const void *bytes, size_t count)
{
	struct hash_key own = *key;

	own.words[0] ^= (uint64_t)(uint8_t)purpose << 56;
	uint64_t hash = hash_bytes(&own, bytes, count);
	return hash ? hash : 1;
}

/* FNV-1a; what is put in is no secret and nobody gains by a collision. */
static uint32_t mix(uint32_t hash, uint8_t byte)
{
	return (hash ^ byte) * 16777619U;
}

/* What a program asks for, in some of its connections: MPTCP, TCP Fast Open (RFC 8684, RFC 7413),
 * and what is tried out (RFC 6994). */
static bool is_programs_choice(uint8_t option)
{
	return option == 30 || option == 34 || option >= 253;
}

/* Options of a SYN: which ones in which order tell one implementation of TCP from another; sizes
 * and scales differ from path to path and program to program. Fillers count with what they stand
 * before: at the end there are as many as what a program chose needs. */
static void read_options(struct sighting *sighting, struct reader options)
{
	enum { END, FILLER, TIMESTAMP = 8, OPTIONS_MAX = 40 };
	uint32_t hash = 2166136261U;
	unsigned fillers = 0;

	for (unsigned i = 0; i < OPTIONS_MAX && reader_left(&options) > 0; i++) {
		uint8_t kind = reader_u8(&options);
		if (kind == END) {
			break;
		}
		if (kind == FILLER) {
			fillers++;
			continue;
		}
		if (!is_programs_choice(kind)) {
			hash = mix(mix(hash, (uint8_t)fillers), kind);
		}
		fillers = 0;
		uint8_t bytes = reader_u8(&options);
		struct reader value = reader_sub(&options, bytes < 2 ? 0 : bytes - 2U);
		if (!reader_ok(&options) || bytes < 2) {
			break;
		}
		if (kind == TIMESTAMP && bytes == 10) {
			sighting->tcp_time = reader_u32(&value);
			sighting->has_tcp_time = true;
		}
	}
	sighting->stack = hash ? hash : 1;
}

/* Where the parts of a frame stand: an Ethernet header, at most one VLAN, IP, and what IP carries
 * up to the payload. The decoder found all of them whole. */
struct frame_parts {
	const uint8_t *frame, *ip, *transport;
	uint16_t vlan_id;
	bool is_v6;
	uint8_t protocol, ttl;
	uint32_t transport_bytes;
};

static bool find_parts(struct frame_parts *parts, const struct packet *packet)
{
	enum { ETHERNET_BYTES = 14, VLAN_BYTES = 4, IPV4_BYTES = 20, IPV6_BYTES = 40 };
	const uint8_t *frame = packet->payload - packet->frame_ahead;
	uint32_t at = ETHERNET_BYTES, ip_bytes;

	if (packet->frame_ahead < ETHERNET_BYTES + IPV4_BYTES || (frame[6] & 1)) {
		return false;
	}
	uint16_t type = load_be16(frame, 12);
	parts->vlan_id = 0;
	if (type == TYPE_VLAN) {
		parts->vlan_id = load_be16(frame, 14) & 0x0fff;
		type = load_be16(frame, 16);
		at += VLAN_BYTES;
	}
	parts->is_v6 = type == TYPE_IPV6;
	ip_bytes = parts->is_v6 ? IPV6_BYTES : (frame[at] & 15) * 4U;
	if ((type != TYPE_IPV4 && type != TYPE_IPV6) || ip_bytes < IPV4_BYTES ||
		packet->frame_ahead < at + ip_bytes) {
		return false;
	}
	parts->frame = frame;
	parts->ip = frame + at;
	parts->transport = parts->ip + ip_bytes;
	parts->transport_bytes = packet->frame_ahead - at - ip_bytes;
	parts->protocol = parts->ip[parts->is_v6 ? 6 : 9];
	parts->ttl = parts->ip[parts->is_v6 ? 7 : 8];
	return true;
}

/* Flags of a TCP header that is there; 0 of anything else. */
static uint8_t tcp_flags_of(const struct frame_parts *parts)
{
	enum { HEADER_BYTES = 20 };

	return parts->protocol == PROTOCOL_TCP && parts->transport_bytes >= HEADER_BYTES
		       ? parts->transport[13]
		       : 0;
}

static inline uint64_t fold(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)(a ^ UINT64_C(0xbf58476d1ce4e5b9)) *
				    (b ^ UINT64_C(0x94d049bb133111eb));
	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Who it is of, how far away, and of a SYN how its options begin: what makes a sighting another one
 * than the last of the same host. Whoever contrives that two are taken for one hides nothing but
 * its own. */
static uint64_t signature_of(const struct frame_parts *parts)
{
	enum { SYN = 2, ACK = 16, HEADER_BYTES = 20 };
	const uint8_t *source = parts->ip + (parts->is_v6 ? 8 : 12);
	bool is_syn = (tcp_flags_of(parts) & (SYN | ACK)) == SYN;
	uint64_t options = is_syn && parts->transport_bytes >= HEADER_BYTES + 8
				   ? load_be64(parts->transport, HEADER_BYTES)
				   : is_syn;
	uint64_t hash = fold(load_be64(parts->frame, 6), options); /* MAC, type */

	hash = parts->is_v6 ? fold(hash ^ load_be64(source, 0), load_be64(source, 8))
			    : fold(hash, load_be32(source, 0));
	return fold(hash ^ (uint64_t)parts->ttl << 32, parts->vlan_id);
}

bool sightings_are_new(struct sighting_memory *memory, const struct packet *packet)
{
	struct frame_parts parts;

	if (packet->frame_ahead == 0 || !find_parts(&parts, packet)) {
		return false;
	}
	uint64_t signature = signature_of(&parts);
	struct recent_sighting *recent = &memory->recent[signature % SIGHTINGS_REMEMBERED];
	if (recent->signature == signature &&
		packet->time_ns - recent->time_ns < SIGHTING_AGAIN_NS) {
		return false;
	}
	*recent = (struct recent_sighting){ signature, packet->time_ns };
	return true;
}

bool sender_of_packet(uint8_t mac[6], uint8_t *hops, const struct packet *packet)
{
	struct frame_parts parts;

	if (packet->frame_ahead == 0 || !find_parts(&parts, packet)) {
		return false;
	}
	memcpy(mac, parts.frame + 6, 6);
	*hops = parts.ttl;
	return true;
}

/* To a group of the link, or IGMP (RFC 3376, 4) as it has to be: no router passes it on. */
static bool is_of_segment(const struct frame_parts *parts)
{
	enum { LINK_GROUPS = 0xe00000, PROTOCOL_IGMP = 2 };

	if (parts->is_v6) {
		return parts->ip[24] == 0xff && (parts->ip[25] & 15) == 2;
	}
	return load_be32(parts->ip, 16) >> 8 == LINK_GROUPS ||
	       (parts->protocol == PROTOCOL_IGMP && parts->ip[16] >> 4 == 0xe && parts->ttl == 1);
}

static bool has_source(const struct frame_parts *parts)
{
	const uint8_t *source = parts->ip + (parts->is_v6 ? 8 : 12);

	return parts->is_v6 ? load_be64(source, 0) || load_be64(source, 8)
			    : load_be32(source, 0) != 0;
}

bool sighting_of_packet(struct sighting *sighting, const struct packet *packet)
{
	enum { SYN = 2, ACK = 16, HEADER_BYTES = 20 };
	struct frame_parts parts;

	if (packet->frame_ahead == 0 || !find_parts(&parts, packet) || !has_source(&parts)) {
		return false;
	}
	*sighting = (struct sighting){ .time_ns = packet->time_ns,
		.kind = SIGHTING_FLOW,
		.vlan_id = parts.vlan_id,
		.ttl = parts.ttl,
		.is_of_segment = is_of_segment(&parts) };
	memcpy(sighting->mac, parts.frame + 6, sizeof(sighting->mac));
	if (parts.is_v6) {
		sighting->addr = addr_from_v6(parts.ip + 8);
		sighting->peer = load_be32(parts.ip, 28) ^ load_be32(parts.ip, 36);
	} else {
		sighting->addr = addr_from_v4(parts.ip + 12);
		sighting->peer = load_be32(parts.ip, 16);
	}
	if ((tcp_flags_of(&parts) & (SYN | ACK)) == SYN) {
		sighting->window = load_be16(parts.transport, 14);
		read_options(sighting, reader_over(parts.transport + HEADER_BYTES,
					       parts.transport_bytes - HEADER_BYTES));
	}
	return true;
}

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

/* Options of a SYN: which ones in which order tell one implementation of TCP from another; sizes and
 * scales differ from path to path and program to program. */
static void read_options(struct sighting *sighting, struct reader options)
{
	enum { END, FILLER, TIMESTAMP = 8, OPTIONS_MAX = 40 };
	uint32_t hash = 2166136261U;

	for (unsigned i = 0; i < OPTIONS_MAX && reader_left(&options) > 0; i++) {
		uint8_t kind = reader_u8(&options);
		hash = mix(hash, kind);
		if (kind == END) {
			break;
		}
		if (kind == FILLER) {
			continue;
		}
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

static void read_tcp(struct sighting *sighting, struct reader *reader)
{
	enum { HEADER_BYTES = 20, SYN = 2, ACK = 16 };

	reader_skip(reader, 12);
	unsigned header_bytes = (reader_u8(reader) >> 4) * 4U;
	uint8_t flags = reader_u8(reader);
	uint16_t window = reader_u16(reader);
	reader_skip(reader, 4);
	if (reader_ok(reader) && (flags & (SYN | ACK)) == SYN && header_bytes >= HEADER_BYTES) {
		sighting->window = window;
		read_options(sighting, reader_sub(reader, header_bytes - HEADER_BYTES));
	}
}

static void read_ipv4(struct sighting *sighting, struct reader *reader)
{
	reader_skip(reader, 8);
	sighting->ttl = reader_u8(reader);
	uint8_t protocol = reader_u8(reader);
	reader_skip(reader, 2);
	const uint8_t *source = reader_bytes(reader, 4);
	const uint8_t *destination = reader_bytes(reader, 4);
	if (destination) {
		sighting->addr = addr_from_v4(source);
		sighting->peer = load_be32(destination, 0);
	}
	if (protocol == PROTOCOL_TCP) {
		read_tcp(sighting, reader);
	}
}

static void read_ipv6(struct sighting *sighting, struct reader *reader)
{
	reader_skip(reader, 6);
	uint8_t protocol = reader_u8(reader);
	sighting->ttl = reader_u8(reader);
	const uint8_t *source = reader_bytes(reader, 16);
	const uint8_t *destination = reader_bytes(reader, 16);
	if (destination) {
		sighting->addr = addr_from_v6(source);
		sighting->peer = load_be32(destination, 4) ^ load_be32(destination, 12);
	}
	if (protocol == PROTOCOL_TCP) {
		read_tcp(sighting, reader);
	}
}

bool sighting_of_packet(struct sighting *sighting, const struct packet *packet)
{
	/* Its headers stand in front of its payload; there are none where the decoder did not say
	 * how many (frame_ahead 0). */
	struct reader reader =
		reader_over(packet->payload - packet->frame_ahead, packet->frame_ahead);

	*sighting = (struct sighting){ .time_ns = packet->time_ns, .kind = SIGHTING_FLOW };
	reader_skip(&reader, 6);
	const uint8_t *mac = reader_bytes(&reader, 6);
	uint16_t type = reader_u16(&reader);
	if (type == TYPE_VLAN) {
		sighting->vlan_id = reader_u16(&reader) & 0x0fff;
		type = reader_u16(&reader);
	}
	if (!reader_ok(&reader) || (mac[0] & 1)) {
		return false;
	}
	memcpy(sighting->mac, mac, sizeof(sighting->mac));
	if (type == TYPE_IPV4) {
		read_ipv4(sighting, &reader);
	} else if (type == TYPE_IPV6) {
		read_ipv6(sighting, &reader);
	} else {
		return false;
	}
	return reader_ok(&reader);
}

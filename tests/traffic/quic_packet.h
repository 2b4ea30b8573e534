/* QUIC packets byte by byte, under the keys that everybody can derive (RFC 9001 5.2, RFC 9369 3.3,
 * the drafts before them): the sealing side, for versions and shapes that no library here speaks.
 *
 * Memory: the caller's. Threads: one. Failure: none; a version without a salt of its own is sealed
 * as version 1 is. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { QUIC_PACKET_ID_MAX = 20, QUIC_PACKET_TAG_BYTES = 16, QUIC_PACKET_MAX = 1452 };

enum quic_version { QUIC_V1 = 1, QUIC_V2 = 0x6b3343cf, QUIC_DRAFT = 0xff000000 };

/* The types of long headers, as version 1 numbers them (RFC 9000, 17.2). */
enum quic_long_type { QUIC_LONG_INITIAL, QUIC_LONG_EARLY, QUIC_LONG_HANDSHAKE, QUIC_LONG_RETRY };

struct quic_id {
	uint8_t bytes[QUIC_PACKET_ID_MAX];
	uint8_t length;
};

/* What stands in a long header. */
struct quic_long {
	uint32_t version;
	uint8_t type; /* enum quic_long_type */
	struct quic_id destination, source;
	const uint8_t *token; /* Initials; may be NULL */
	size_t token_bytes;
	uint32_t number; /* sent in two bytes */
};

/* An Initial with these frames, under the keys that follow from key_id. Returns its length, which
 * is count and the header's. */
size_t quic_seal_initial(const struct quic_long *header, const struct quic_id *key_id,
	bool from_client, const uint8_t *frames, size_t count, uint8_t *out);

/* A packet of another type, whose contents only its two ends could read: bytes are put there as
 * they are. */
size_t quic_put_opaque(
	const struct quic_long *header, const uint8_t *bytes, size_t count, uint8_t *out);

/* RFC 9001 5.8, RFC 9369 3.3.3: the server asks the client to come back with a token. original is
 * the destination of the packet that it answers. */
size_t quic_put_retry(const struct quic_long *header, const struct quic_id *original, uint8_t *out);

/* RFC 9000 17.2.1: the versions that the server would speak. */
size_t quic_put_negotiation(const struct quic_long *header, const uint32_t *versions, size_t count,
	uint8_t first, uint8_t *out);

/* A frame of the hello's bytes from offset on (RFC 9000 19.6). Returns its length. */
size_t quic_put_crypto(size_t offset, const uint8_t *bytes, size_t count, uint8_t *out);

/* Ciphers for what the wire hides with keys that it shows itself: QUIC Initials, whose keys follow
 * from the connection ID that the client chose (RFC 9001, 5; RFC 9369), and the obfuscation of
 * MTProto, whose key stands in front.
 *
 * The second door to nettle beside analyzer/record/digest.c: digests there are for everyone and
 * live on the heap, these are ciphers and keys for one packet, on the hot path, without allocation.
 *
 * Memory   one quic_crypto a worker: prepared salts and the last keys, since a hello often takes
 *          two packets.
 * Threads  one.
 * Failure  a packet whose tag is wrong is not opened.
 * Cost     about 2 µs with new keys, under 1 µs with the last ones. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { QUIC_CID_MAX = 20, QUIC_TAG_BYTES = 16 };

struct quic_crypto;

struct quic_crypto *quic_crypto_create(void); /* NULL: out of memory */
void quic_crypto_destroy(struct quic_crypto *crypto);

/* Versions whose Initials we can open: 1, 2, drafts 22 to 34, mvfst, Q050, T050, T051. */
bool quic_version_is_known(uint32_t version);
bool quic_version_is_v2(uint32_t version);

/* One protected packet: what is there of it, where its packet number begins, and whose connection
 * ID makes the keys. */
struct quic_packet {
	uint32_t version;
	const uint8_t *cid;
	size_t cid_length;
	const uint8_t *bytes;
	size_t count; /* header, payload and tag; less where the capture cut it */
	size_t number_offset;
	bool from_client;
	bool is_cut; /* the tag is missing: opened without proof */
};

/* Writes the payload to plain, which holds count bytes; returns its length, 0 where the packet
 * cannot be opened. */
size_t quic_open_initial(
	struct quic_crypto *crypto, const struct quic_packet *packet, uint8_t *plain);

/* A client's Initial of version 1, whose packet number is 0 in two bytes: header as it is before
 * its protection, payload behind it; key by the destination's connection ID. out holds header,
 * payload and tag; returns its length. */
size_t quic_seal_client_initial(const uint8_t *cid, size_t cid_length, const uint8_t *header,
	size_t header_bytes, const uint8_t *payload, size_t payload_bytes, uint8_t *out);

/* AES-256 in counter mode over count bytes, at most 64. */
void wire_decrypt_ctr(const uint8_t key[32], const uint8_t counter[16], const uint8_t *bytes,
	size_t count, uint8_t *plain);

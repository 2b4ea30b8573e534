#include "tests/traffic/quic_packet.h"

#include <nettle/aes.h>
#include <nettle/gcm.h>
#include <nettle/hkdf.h>
#include <nettle/hmac.h>
#include <string.h>

#include "tests/traffic/bytes.h"

enum {
	SALT_BYTES = 20,
	SECRET_BYTES = 32,
	KEY_BYTES = 16,
	IV_BYTES = 12,
	NUMBER_BYTES = 2,
	SAMPLE_AFTER = 4, /* RFC 9001, 5.4.2 */
	FRAME_CRYPTO = 6,
	VARINT_2 = 0x4000,
};

static const uint8_t salt_v1[SALT_BYTES] = { 0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d,
	0x17, 0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a };
static const uint8_t salt_v2[SALT_BYTES] = { 0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81,
	0x93, 0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9 };
static const uint8_t salt_draft_29[SALT_BYTES] = { 0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c,
	0x9e, 0x97, 0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0, 0x43, 0x90, 0xa8, 0x99 };
static const uint8_t salt_draft_23[SALT_BYTES] = { 0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a,
	0x11, 0xa7, 0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02 };
static const uint8_t salt_draft_21[SALT_BYTES] = { 0x7f, 0xbc, 0xdb, 0x0e, 0x7c, 0x66, 0xbb, 0xe9,
	0x19, 0x3a, 0x96, 0xcd, 0x21, 0x51, 0x9e, 0xbd, 0x7a, 0x02, 0x64, 0x4a };

static const uint8_t *salt_of(uint32_t version)
{
	unsigned draft = version & 0xff;

	if (version == QUIC_V2) {
		return salt_v2;
	}
	if ((version & 0xffffff00) != QUIC_DRAFT || draft >= 33) {
		return salt_v1;
	}
	return draft >= 29 ? salt_draft_29 : draft >= 23 ? salt_draft_23 : salt_draft_21;
}

/* HKDF-Expand-Label of RFC 8446, 7.1, without a context. */
static void expand(
	const uint8_t secret[SECRET_BYTES], const char *label, size_t count, uint8_t *out)
{
	struct hmac_sha256_ctx hmac;
	uint8_t info[64];
	size_t length = strlen(label);

	put_u16(info, (unsigned)count);
	info[2] = (uint8_t)length;
	memcpy(info + 3, label, length);
	info[3 + length] = 0;
	hmac_sha256_set_key(&hmac, SECRET_BYTES, secret);
	hkdf_expand(&hmac, (nettle_hash_update_func *)hmac_sha256_update,
		(nettle_hash_digest_func *)hmac_sha256_digest, SHA256_DIGEST_SIZE, length + 4, info,
		count, out);
}

struct keys {
	struct gcm_aes128_ctx packet;
	struct aes128_ctx header;
	uint8_t iv[IV_BYTES];
};

static void derive(
	struct keys *keys, uint32_t version, const struct quic_id *key_id, bool from_client)
{
	static const char *const labels[2][3] = {
		{ "tls13 quic key", "tls13 quic iv", "tls13 quic hp" },
		{ "tls13 quicv2 key", "tls13 quicv2 iv", "tls13 quicv2 hp" },
	};
	const char *const *label = labels[version == QUIC_V2];
	struct hmac_sha256_ctx hmac;
	uint8_t secret[SECRET_BYTES], key[KEY_BYTES];

	hmac_sha256_set_key(&hmac, SALT_BYTES, salt_of(version));
	hmac_sha256_update(&hmac, key_id->length, key_id->bytes);
	hmac_sha256_digest(&hmac, SECRET_BYTES, secret);
	expand(secret, from_client ? "tls13 client in" : "tls13 server in", SECRET_BYTES, secret);
	expand(secret, label[0], KEY_BYTES, key);
	gcm_aes128_set_key(&keys->packet, key);
	expand(secret, label[1], IV_BYTES, keys->iv);
	expand(secret, label[2], KEY_BYTES, key);
	aes128_set_encrypt_key(&keys->header, key);
}

static size_t put_id(uint8_t *out, const struct quic_id *id)
{
	out[0] = id->length;
	memcpy(out + 1, id->bytes, id->length);
	return 1U + id->length;
}

/* RFC 9369, 3.2: version 2 numbers every type one higher. */
static uint8_t type_bits(uint32_t version, uint8_t type)
{
	return (uint8_t)((version == QUIC_V2 ? type + 1 : type) & 3) << 4;
}

/* Up to the connection IDs, which every kind has. */
static size_t put_start(const struct quic_long *header, uint8_t first, uint8_t *out)
{
	out[0] = first;
	put_u32(out + 1, header->version);
	size_t at = 5 + put_id(out + 5, &header->destination);
	return at + put_id(out + at, &header->source);
}

/* Up to the packet number, with the length of what follows the header. */
static size_t put_header(const struct quic_long *header, size_t payload_bytes, uint8_t *out)
{
	uint8_t first = 0xc0 | type_bits(header->version, header->type) | (NUMBER_BYTES - 1);
	size_t at = put_start(header, first, out);

	if (header->type == QUIC_LONG_INITIAL) {
		put_u16(out + at, VARINT_2 | (unsigned)header->token_bytes);
		at += 2;
		if (header->token_bytes) {
			memcpy(out + at, header->token, header->token_bytes);
			at += header->token_bytes;
		}
	}
	put_u16(out + at, VARINT_2 | (unsigned)(NUMBER_BYTES + payload_bytes));
	put_u16(out + at + 2, header->number & 0xffff);
	return at + 2 + NUMBER_BYTES;
}

size_t quic_seal_initial(const struct quic_long *header, const struct quic_id *key_id,
	bool from_client, const uint8_t *frames, size_t count, uint8_t *out)
{
	struct keys keys;
	uint8_t mask[AES_BLOCK_SIZE];
	size_t at = put_header(header, count + QUIC_PACKET_TAG_BYTES, out);

	derive(&keys, header->version, key_id, from_client);
	keys.iv[10] ^= (uint8_t)(header->number >> 8);
	keys.iv[11] ^= (uint8_t)header->number;
	gcm_aes128_set_iv(&keys.packet, IV_BYTES, keys.iv);
	gcm_aes128_update(&keys.packet, at, out);
	gcm_aes128_encrypt(&keys.packet, count, out + at, frames);
	gcm_aes128_digest(&keys.packet, QUIC_PACKET_TAG_BYTES, out + at + count);

	uint8_t *number = out + at - NUMBER_BYTES;
	aes128_encrypt(&keys.header, sizeof(mask), mask, number + SAMPLE_AFTER);
	out[0] ^= mask[0] & 0x0f;
	number[0] ^= mask[1];
	number[1] ^= mask[2];
	return at + count + QUIC_PACKET_TAG_BYTES;
}

size_t quic_put_opaque(
	const struct quic_long *header, const uint8_t *bytes, size_t count, uint8_t *out)
{
	size_t at = put_header(header, count, out);

	memcpy(out + at, bytes, count);
	return at + count;
}

size_t quic_put_retry(const struct quic_long *header, const struct quic_id *original, uint8_t *out)
{
	static const uint8_t keys[2][KEY_BYTES] = {
		{ 0xbe, 0x0c, 0x69, 0x0b, 0x9f, 0x66, 0x57, 0x5a, 0x1d, 0x76, 0x6b, 0x54, 0xe3,
			0x68, 0xc8, 0x4e },
		{ 0x8f, 0xb4, 0xb0, 0x1b, 0x56, 0xac, 0x48, 0xe2, 0x60, 0xfb, 0xcb, 0xce, 0xad,
			0x7c, 0xcc, 0x92 },
	};
	static const uint8_t nonces[2][IV_BYTES] = {
		{ 0x46, 0x15, 0x99, 0xd3, 0x5d, 0x63, 0x2b, 0xf2, 0x23, 0x98, 0x25, 0xbb },
		{ 0xd8, 0x69, 0x69, 0xbc, 0x2d, 0x7c, 0x6d, 0x99, 0x90, 0xef, 0xb0, 0x4a },
	};
	bool is_v2 = header->version == QUIC_V2;
	struct gcm_aes128_ctx gcm;
	uint8_t pseudo[QUIC_PACKET_ID_MAX + 1 + QUIC_PACKET_MAX];
	size_t at = put_start(header, 0xc0 | type_bits(header->version, QUIC_LONG_RETRY), out);

	memcpy(out + at, header->token, header->token_bytes);
	at += header->token_bytes;
	size_t pseudo_bytes = put_id(pseudo, original);
	memcpy(pseudo + pseudo_bytes, out, at);
	gcm_aes128_set_key(&gcm, keys[is_v2]);
	gcm_aes128_set_iv(&gcm, IV_BYTES, nonces[is_v2]);
	gcm_aes128_update(&gcm, pseudo_bytes + at, pseudo);
	gcm_aes128_digest(&gcm, QUIC_PACKET_TAG_BYTES, out + at);
	return at + QUIC_PACKET_TAG_BYTES;
}

size_t quic_put_negotiation(const struct quic_long *header, const uint32_t *versions, size_t count,
	uint8_t first, uint8_t *out)
{
	struct quic_long none = *header;
	none.version = 0;
	size_t at = put_start(&none, first | 0x80, out);

	for (size_t i = 0; i < count; i++, at += 4) {
		put_u32(out + at, versions[i]);
	}
	return at;
}

size_t quic_put_crypto(size_t offset, const uint8_t *bytes, size_t count, uint8_t *out)
{
	out[0] = FRAME_CRYPTO;
	put_u16(out + 1, VARINT_2 | (unsigned)offset);
	put_u16(out + 3, VARINT_2 | (unsigned)count);
	memcpy(out + 5, bytes, count);
	return 5 + count;
}

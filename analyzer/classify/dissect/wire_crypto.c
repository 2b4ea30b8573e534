#include "analyzer/classify/dissect/wire_crypto.h"

#include <nettle/aes.h>
#include <nettle/ctr.h>
#include <nettle/gcm.h>
#include <nettle/hmac.h>
#include <stdlib.h>
#include <string.h>

enum { SALT_BYTES = 20, SECRET_BYTES = 32, KEY_BYTES = 16, IV_BYTES = 12, HEADER_MAX = 1024 };

/* Which salt a version extracts its secret with, and what its labels are called. */
struct suite {
	uint8_t salt[SALT_BYTES];
	const char *key_label, *iv_label, *hp_label;
};

static const struct suite suites[] = {
	/* RFC 9001, 5.2; drafts 33 and 34 had the same. */
	{ { 0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8,
		  0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a },
		"quic key", "quic iv", "quic hp" },
	/* RFC 9369, 3.3. */
	{ { 0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93, 0x81, 0xbe, 0x6e, 0x26,
		  0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9 },
		"quicv2 key", "quicv2 iv", "quicv2 hp" },
	/* The drafts of version 2 that were in use. */
	{ { 0xa7, 0x07, 0xc2, 0x03, 0xa5, 0x9b, 0x47, 0x18, 0x4a, 0x1d, 0x62, 0xca, 0x57, 0x04,
		  0x06, 0xea, 0x7a, 0xe3, 0xe5, 0xd3 },
		"quicv2 key", "quicv2 iv", "quicv2 hp" },
	/* Drafts 29 to 32. */
	{ { 0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97, 0x86, 0xf1, 0x9c, 0x61,
		  0x11, 0xe0, 0x43, 0x90, 0xa8, 0x99 },
		"quic key", "quic iv", "quic hp" },
	/* Drafts 23 to 28. */
	{ { 0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7, 0xd2, 0x43, 0x2b, 0xb4,
		  0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02 },
		"quic key", "quic iv", "quic hp" },
	/* Drafts 21 and 22. */
	{ { 0x7f, 0xbc, 0xdb, 0x0e, 0x7c, 0x66, 0xbb, 0xe9, 0x19, 0x3a, 0x96, 0xcd, 0x21, 0x51,
		  0x9e, 0xbd, 0x7a, 0x02, 0x64, 0x4a },
		"quic key", "quic iv", "quic hp" },
	/* Google's Q050, T050 and T051. */
	{ { 0x50, 0x45, 0x74, 0xef, 0xd0, 0x66, 0xfe, 0x2f, 0x9d, 0x94, 0x5c, 0xfc, 0xdb, 0xd3,
		  0xa7, 0xf0, 0xd3, 0xb5, 0x6b, 0x45 },
		"quic key", "quic iv", "quic hp" },
	{ { 0x7f, 0xf5, 0x79, 0xe5, 0xac, 0xd0, 0x72, 0x91, 0x55, 0x80, 0x30, 0x4c, 0x43, 0xa2,
		  0x36, 0x7c, 0x60, 0x48, 0x83, 0x10 },
		"quic key", "quic iv", "quic hp" },
	{ { 0x7a, 0x4e, 0xde, 0xf4, 0xe7, 0xcc, 0xee, 0x5f, 0xa4, 0x50, 0x6c, 0x19, 0x12, 0x4f,
		  0xc8, 0xcc, 0xda, 0x6e, 0x03, 0x3d },
		"quic key", "quic iv", "quic hp" },
};

enum {
	SUITE_V1,
	SUITE_V2,
	SUITE_V2_DRAFT,
	SUITE_DRAFT_29,
	SUITE_DRAFT_23,
	SUITE_DRAFT_22,
	SUITE_Q050,
	SUITE_T050,
	SUITE_T051,
	SUITE_COUNT
};

_Static_assert(sizeof(suites) / sizeof(suites[0]) == SUITE_COUNT, "one suite a name");

struct keys {
	struct gcm_aes128_ctx packet;
	struct aes128_ctx header;
	uint8_t iv[IV_BYTES];
};

struct quic_crypto {
	struct hmac_sha256_ctx salts[SUITE_COUNT];
	struct keys last;
	int last_suite; /* -1: none yet */
	bool last_from_client;
	uint8_t last_cid[QUIC_CID_MAX];
	size_t last_cid_length;
};

struct quic_crypto *quic_crypto_create(void)
{
	struct quic_crypto *crypto = calloc(1, sizeof(*crypto));

	if (crypto) {
		for (unsigned i = 0; i < SUITE_COUNT; i++) {
			hmac_sha256_set_key(&crypto->salts[i], SALT_BYTES, suites[i].salt);
		}
		crypto->last_suite = -1;
	}
	return crypto;
}

void quic_crypto_destroy(struct quic_crypto *crypto)
{
	free(crypto);
}

static int suite_of(uint32_t version)
{
	switch (version) {
	case 1:
		return SUITE_V1;
	case 0x6b3343cf:
		return SUITE_V2;
	case 0x709a50c4:
		return SUITE_V2_DRAFT;
	case 0xfaceb001: /* mvfst, by the draft it stands on */
		return SUITE_DRAFT_22;
	case 0xfaceb002:
	case 0xfaceb003:
	case 0xfaceb00e:
	case 0xfaceb010:
	case 0xfaceb011:
	case 0xfaceb013:
		return SUITE_DRAFT_23;
	case 0x51303530:
		return SUITE_Q050;
	case 0x54303530:
		return SUITE_T050;
	case 0x54303531:
		return SUITE_T051;
	}
	if (version >> 8 == 0xff0000) {
		unsigned draft = version & 0xff;
		return draft >= 33 && draft <= 34   ? SUITE_V1
		       : draft >= 29 && draft <= 32 ? SUITE_DRAFT_29
		       : draft >= 23 && draft <= 28 ? SUITE_DRAFT_23
		       : draft >= 21 && draft <= 22 ? SUITE_DRAFT_22
						    : -1;
	}
	return -1;
}

bool quic_version_is_known(uint32_t version)
{
	return suite_of(version) >= 0;
}

bool quic_version_is_v2(uint32_t version)
{
	int suite = suite_of(version);

	return suite == SUITE_V2 || suite == SUITE_V2_DRAFT;
}

/* HKDF-Expand-Label of TLS 1.3 (RFC 8446, 7.1) with an empty context; all we ask for fits one
 * block. */
static void expand(
	const struct hmac_sha256_ctx *secret, const char *label, size_t bytes, uint8_t *out)
{
	struct hmac_sha256_ctx hmac = *secret;
	size_t label_bytes = strlen(label);
	uint8_t info[32];
	size_t count = 0;

	info[count++] = 0;
	info[count++] = (uint8_t)bytes;
	info[count++] = (uint8_t)(6 + label_bytes);
	memcpy(info + count, "tls13 ", 6);
	memcpy(info + count + 6, label, label_bytes);
	count += 6 + label_bytes;
	info[count++] = 0;
	info[count++] = 1; /* block counter of HKDF-Expand (RFC 5869, 2.3) */
	hmac_sha256_update(&hmac, count, info);
	hmac_sha256_digest(&hmac, bytes, out);
}

static const struct keys *keys_for(
	struct quic_crypto *crypto, int suite, const struct quic_packet *packet)
{
	struct hmac_sha256_ctx hmac;
	uint8_t secret[SECRET_BYTES], key[KEY_BYTES];
	struct keys *keys = &crypto->last;

	if (crypto->last_suite == suite && crypto->last_from_client == packet->from_client &&
		crypto->last_cid_length == packet->cid_length &&
		memcmp(crypto->last_cid, packet->cid, packet->cid_length) == 0) {
		return keys;
	}
	hmac = crypto->salts[suite];
	hmac_sha256_update(&hmac, packet->cid_length, packet->cid);
	hmac_sha256_digest(&hmac, SECRET_BYTES, secret);
	hmac_sha256_set_key(&hmac, SECRET_BYTES, secret);
	expand(&hmac, packet->from_client ? "client in" : "server in", SECRET_BYTES, secret);
	hmac_sha256_set_key(&hmac, SECRET_BYTES, secret);
	expand(&hmac, suites[suite].key_label, KEY_BYTES, key);
	gcm_aes128_set_key(&keys->packet, key);
	expand(&hmac, suites[suite].iv_label, IV_BYTES, keys->iv);
	expand(&hmac, suites[suite].hp_label, KEY_BYTES, key);
	aes128_set_encrypt_key(&keys->header, key);
	crypto->last_suite = suite;
	crypto->last_from_client = packet->from_client;
	crypto->last_cid_length = packet->cid_length;
	memcpy(crypto->last_cid, packet->cid, packet->cid_length);
	return keys;
}

/* Header protection (RFC 9001, 5.4): unmasks the header into `header` and says how long the packet
 * number is. */
static size_t unmask_header(const struct keys *keys, const struct quic_packet *packet,
	uint8_t *header, uint64_t *number)
{
	uint8_t mask[AES_BLOCK_SIZE];

	aes128_encrypt(
		&keys->header, AES_BLOCK_SIZE, mask, packet->bytes + packet->number_offset + 4);
	memcpy(header, packet->bytes, packet->number_offset + 4);
	header[0] ^= mask[0] & 0x0f;
	size_t number_bytes = (header[0] & 3) + 1U;
	*number = 0;
	for (size_t i = 0; i < number_bytes; i++) {
		header[packet->number_offset + i] ^= mask[1 + i];
		*number = *number << 8 | header[packet->number_offset + i];
	}
	return number_bytes;
}

size_t quic_open_initial(
	struct quic_crypto *crypto, const struct quic_packet *packet, uint8_t *plain)
{
	int suite = suite_of(packet->version);
	uint8_t header[HEADER_MAX], nonce[IV_BYTES], tag[QUIC_TAG_BYTES];
	uint64_t number;

	if (suite < 0 || packet->cid_length > QUIC_CID_MAX ||
		packet->number_offset + 4 > HEADER_MAX ||
		packet->count < packet->number_offset + 4 + AES_BLOCK_SIZE + 1) {
		return 0;
	}
	const struct keys *keys = keys_for(crypto, suite, packet);
	size_t header_bytes = packet->number_offset + unmask_header(keys, packet, header, &number);
	size_t tag_bytes = packet->is_cut ? 0 : QUIC_TAG_BYTES;
	size_t payload_bytes = packet->count - header_bytes - tag_bytes;
	memcpy(nonce, keys->iv, IV_BYTES);
	for (unsigned i = 0; i < 4; i++) {
		nonce[IV_BYTES - 1 - i] ^= (uint8_t)(number >> 8 * i);
	}
	struct gcm_aes128_ctx *gcm = &crypto->last.packet;
	gcm_aes128_set_iv(gcm, IV_BYTES, nonce);
	gcm_aes128_update(gcm, header_bytes, header);
	gcm_aes128_decrypt(gcm, payload_bytes, plain, packet->bytes + header_bytes);
	if (tag_bytes > 0) {
		gcm_aes128_digest(gcm, QUIC_TAG_BYTES, tag);
		if (memcmp(tag, packet->bytes + packet->count - QUIC_TAG_BYTES, QUIC_TAG_BYTES) !=
			0) {
			return 0;
		}
	}
	return payload_bytes;
}

void wire_decrypt_ctr(const uint8_t key[32], const uint8_t counter[16], const uint8_t *bytes,
	size_t count, uint8_t *plain)
{
	struct aes256_ctx cipher;
	uint8_t block[AES_BLOCK_SIZE];

	aes256_set_encrypt_key(&cipher, key);
	memcpy(block, counter, sizeof(block));
	ctr_crypt(&cipher, (nettle_cipher_func *)aes256_encrypt, AES_BLOCK_SIZE, block, count,
		plain, bytes);
}

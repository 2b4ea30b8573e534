#include "analyzer/classify/dissect/wire_crypto.h"

#include <nettle/aes.h>
#include <nettle/ctr.h>
#include <nettle/gcm.h>
#include <nettle/hmac.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { SALT_BYTES = 20, SECRET_BYTES = 32, KEY_BYTES = 16, IV_BYTES = 12, HEADER_MAX = 1024 };

enum {
	SUITE_V1,       /* RFC 9001, 5.2; drafts 33 and 34 had the same */
	SUITE_V2,       /* RFC 9369, 3.3 */
	SUITE_V2_DRAFT, /* the drafts of version 2 that were in use */
	SUITE_DRAFT_29, /* drafts 29 to 32 */
	SUITE_DRAFT_23, /* drafts 23 to 28 */
	SUITE_DRAFT_22, /* drafts 21 and 22 */
	SUITE_Q050,     /* Google's */
	SUITE_T050,
	SUITE_T051,
	SUITE_COUNT
};

/* The salt that a version extracts its secret with, and what its labels begin with. */
static const struct suite {
	const char *salt;   /* in hexadecimal */
	const char *labels; /* "quic" for "quic key", "quic iv", "quic hp" */
} suites[SUITE_COUNT] = {
	[SUITE_V1] = { "38762cf7f55934b34d179ae6a4c80cadccbb7f0a", "quic" },
	[SUITE_V2] = { "0dede3def700a6db819381be6e269dcbf9bd2ed9", "quicv2" },
	[SUITE_V2_DRAFT] = { "a707c203a59b47184a1d62ca570406ea7ae3e5d3", "quicv2" },
	[SUITE_DRAFT_29] = { "afbfec289993d24c9e9786f19c6111e04390a899", "quic" },
	[SUITE_DRAFT_23] = { "c3eef712c72ebb5a11a7d2432bb46365bef9f502", "quic" },
	[SUITE_DRAFT_22] = { "7fbcdb0e7c66bbe9193a96cd21519ebd7a02644a", "quic" },
	[SUITE_Q050] = { "504574efd066fe2f9d945cfcdbd3a7f0d3b56b45", "quic" },
	[SUITE_T050] = { "7ff579e5acd072915580304c43a2367c60488310", "quic" },
	[SUITE_T051] = { "7a4edef4e7ccee5fa4506c19124fc8ccda6e033d", "quic" },
};

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

static void read_salt(const char *hex, uint8_t salt[SALT_BYTES])
{
	for (unsigned i = 0; i < 2 * SALT_BYTES; i++) {
		unsigned digit = (unsigned)(hex[i] <= '9' ? hex[i] - '0' : hex[i] - 'a' + 10);
		salt[i / 2] = (uint8_t)(salt[i / 2] << 4 | digit);
	}
}

struct quic_crypto *quic_crypto_create(void)
{
	struct quic_crypto *crypto = calloc(1, sizeof(*crypto));

	if (crypto) {
		for (unsigned i = 0; i < SUITE_COUNT; i++) {
			uint8_t salt[SALT_BYTES] = { 0 };
			read_salt(suites[i].salt, salt);
			hmac_sha256_set_key(&crypto->salts[i], SALT_BYTES, salt);
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

/* HKDF-Expand-Label of TLS 1.3 (RFC 8446, 7.1) with an empty context, for the label "FAMILY WHAT";
 * all we ask for fits one block. */
static void expand(const struct hmac_sha256_ctx *secret, const char *family, const char *what,
	size_t bytes, uint8_t *out)
{
	struct hmac_sha256_ctx hmac = *secret;
	char memory[24];
	struct text label;
	uint8_t info[32];
	size_t count = 0;

	text_init(&label, memory, sizeof(memory));
	text_put(&label, "tls13 ");
	text_put(&label, family);
	text_put(&label, " ");
	text_put(&label, what);
	info[count++] = 0;
	info[count++] = (uint8_t)bytes;
	info[count++] = (uint8_t)label.length;
	memcpy(info + count, label.at, label.length);
	count += label.length;
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
	const char *labels = suites[suite].labels;

	if (crypto->last_suite == suite && crypto->last_from_client == packet->from_client &&
		crypto->last_cid_length == packet->cid_length &&
		memcmp(crypto->last_cid, packet->cid, packet->cid_length) == 0) {
		return keys;
	}
	hmac = crypto->salts[suite];
	hmac_sha256_update(&hmac, packet->cid_length, packet->cid);
	hmac_sha256_digest(&hmac, SECRET_BYTES, secret);
	hmac_sha256_set_key(&hmac, SECRET_BYTES, secret);
	expand(&hmac, packet->from_client ? "client" : "server", "in", SECRET_BYTES, secret);
	hmac_sha256_set_key(&hmac, SECRET_BYTES, secret);
	expand(&hmac, labels, "key", KEY_BYTES, key);
	gcm_aes128_set_key(&keys->packet, key);
	expand(&hmac, labels, "iv", IV_BYTES, keys->iv);
	expand(&hmac, labels, "hp", KEY_BYTES, key);
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

size_t quic_seal_client_initial(const uint8_t *cid, size_t cid_length, const uint8_t *header,
	size_t header_bytes, const uint8_t *payload, size_t payload_bytes, uint8_t *out)
{
	enum { NUMBER_BYTES = 2 };
	struct quic_crypto *crypto = quic_crypto_create();
	const struct quic_packet packet = {
		.version = 1, .cid = cid, .cid_length = cid_length, .from_client = true
	};
	uint8_t mask[AES_BLOCK_SIZE], *number = out + header_bytes - NUMBER_BYTES;

	if (!crypto) {
		return 0;
	}
	keys_for(crypto, SUITE_V1, &packet);
	struct gcm_aes128_ctx *gcm = &crypto->last.packet;
	gcm_aes128_set_iv(gcm, IV_BYTES, crypto->last.iv);
	gcm_aes128_update(gcm, header_bytes, header);
	memcpy(out, header, header_bytes);
	gcm_aes128_encrypt(gcm, payload_bytes, out + header_bytes, payload);
	gcm_aes128_digest(gcm, QUIC_TAG_BYTES, out + header_bytes + payload_bytes);
	aes128_encrypt(&crypto->last.header, AES_BLOCK_SIZE, mask, number + 4);
	out[0] ^= mask[0] & 0x0f;
	for (unsigned i = 0; i < NUMBER_BYTES; i++) {
		number[i] ^= mask[1 + i];
	}
	quic_crypto_destroy(crypto);
	return header_bytes + payload_bytes + QUIC_TAG_BYTES;
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

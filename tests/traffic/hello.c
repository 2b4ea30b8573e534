#include "tests/traffic/hello.h"

#include <string.h>

#include "base/tsv.h"
#include "tests/unit/hello_builder.h"

enum {
	MESSAGE_CLIENT_HELLO = 1,
	MESSAGE_SERVER_HELLO = 2,
	RECORD_CHANGE_CIPHER = 20,
	RECORD_HANDSHAKE = 22,
	RECORD_DATA = 23,
	VERSION_TLS12 = 0x0303,
	VERSION_TLS13 = 0x0304,
	GROUP_X25519 = 0x001d,
	GROUP_SECP256R1 = 0x0017,
	GROUP_X25519MLKEM768 = 0x11ec,
	X25519_BYTES = 32,
	X25519MLKEM768_BYTES = 1216,
	RANDOM_BYTES = 32,
	TICKET_BYTES = 208,
	ECH_PAYLOAD_BYTES = 208,
	ESNI_BYTES = 292,
};

/* RFC 8446 4.2 and the IANA registry. */
enum {
	EXTENSION_STATUS_REQUEST = 5,
	EXTENSION_GROUPS = 10,
	EXTENSION_SIGNATURES = 13,
	EXTENSION_ALPN = 16,
	EXTENSION_TIMESTAMPS = 18,
	EXTENSION_MAIN_SECRET = 23,
	EXTENSION_COMPRESSION = 27,
	EXTENSION_PRE_SHARED_KEY = 41,
	EXTENSION_EARLY_DATA = 42,
	EXTENSION_VERSIONS = 43,
	EXTENSION_KEY_MODES = 45,
	EXTENSION_KEY_SHARE = 51,
	EXTENSION_QUIC_PARAMETERS = 57,
	EXTENSION_ESNI = 0xffce,
	EXTENSION_ECH = 0xfe0d,
};

static void put_random(struct hello_builder *out, struct rng *rng, size_t count)
{
	rng_fill(rng, out->bytes + out->count, count);
	out->count += count;
}

/* One of the sixteen values of RFC 8701. */
static uint16_t draw_grease(struct rng *rng)
{
	unsigned nibble = (unsigned)rng_below(rng, 16);

	return (uint16_t)(nibble << 12 | 0x0a00 | nibble << 4 | 0x0a);
}

static void put_alpn(struct hello_builder *out, const char *list)
{
	const char *item;

	put_number(out, 2, EXTENSION_ALPN);
	size_t extension = open_length(out, 2), names = open_length(out, 2);
	for (size_t length; (length = tsv_list_next(&list, &item)) > 0;) {
		put_number(out, 1, (uint32_t)length);
		put_bytes(out, item, length);
	}
	fill_length(out, 2, names);
	fill_length(out, 2, extension);
}

static void put_groups(struct hello_builder *out, uint16_t grease, bool is_post_quantum)
{
	put_number(out, 2, EXTENSION_GROUPS);
	size_t extension = open_length(out, 2), groups = open_length(out, 2);
	put_number(out, 2, grease);
	if (is_post_quantum) {
		put_number(out, 2, GROUP_X25519MLKEM768);
	}
	put_number(out, 2, GROUP_X25519);
	put_number(out, 2, GROUP_SECP256R1);
	fill_length(out, 2, groups);
	fill_length(out, 2, extension);
}

static void put_share(struct hello_builder *out, struct rng *rng, uint16_t group, size_t count)
{
	put_number(out, 2, group);
	put_number(out, 2, (uint32_t)count);
	put_random(out, rng, count);
}

static void put_key_shares(
	struct hello_builder *out, struct rng *rng, uint16_t grease, bool is_post_quantum)
{
	put_number(out, 2, EXTENSION_KEY_SHARE);
	size_t extension = open_length(out, 2), shares = open_length(out, 2);
	put_share(out, rng, grease, 1);
	if (is_post_quantum) {
		put_share(out, rng, GROUP_X25519MLKEM768, X25519MLKEM768_BYTES);
	}
	put_share(out, rng, GROUP_X25519, X25519_BYTES);
	fill_length(out, 2, shares);
	fill_length(out, 2, extension);
}

static void put_versions(struct hello_builder *out, uint16_t grease, bool is_quic)
{
	put_number(out, 2, EXTENSION_VERSIONS);
	size_t extension = open_length(out, 2), versions = open_length(out, 1);
	put_number(out, 2, grease);
	put_number(out, 2, VERSION_TLS13);
	if (!is_quic) {
		put_number(out, 2, VERSION_TLS12);
	}
	fill_length(out, 1, versions);
	fill_length(out, 2, extension);
}

/* RFC 9849, 5: outer, HKDF-SHA256 with AES-128-GCM, a configuration's number, an encapsulated key,
 * the hidden hello. */
static void put_ech(struct hello_builder *out, struct rng *rng)
{
	put_number(out, 2, EXTENSION_ECH);
	size_t extension = open_length(out, 2);
	put_number(out, 1, 0);
	put_number(out, 2, 1);
	put_number(out, 2, 1);
	put_random(out, rng, 1);
	put_number(out, 2, X25519_BYTES);
	put_random(out, rng, X25519_BYTES);
	put_number(out, 2, ECH_PAYLOAD_BYTES);
	put_random(out, rng, ECH_PAYLOAD_BYTES);
	fill_length(out, 2, extension);
}

/* draft-ietf-tls-esni-02, 5.1: suite, key share, digest of the keys, the encrypted name. */
static void put_esni(struct hello_builder *out, struct rng *rng)
{
	put_number(out, 2, EXTENSION_ESNI);
	size_t extension = open_length(out, 2);
	put_number(out, 2, 0x1301);
	put_share(out, rng, GROUP_X25519, X25519_BYTES);
	put_number(out, 2, RANDOM_BYTES);
	put_random(out, rng, RANDOM_BYTES);
	put_number(out, 2, ESNI_BYTES);
	put_random(out, rng, ESNI_BYTES);
	fill_length(out, 2, extension);
}

/* RFC 9000, 18: a few parameters as numbers of one and four bytes. */
static void put_quic_parameters(struct hello_builder *out, struct rng *rng)
{
	put_number(out, 2, EXTENSION_QUIC_PARAMETERS);
	size_t extension = open_length(out, 2);
	put_bytes(out, "\x01\x04\x80\x00\x75\x30\x04\x04\x80\xf0\x00\x00", 12);
	put_bytes(out, "\x05\x04\x80\x60\x00\x00\x08\x02\x40\x64\x0f\x08", 12);
	put_random(out, rng, 8);
	fill_length(out, 2, extension);
}

/* The last extension, by rule (RFC 8446, 4.2.11): a ticket with its age, and its binder. */
static void put_pre_shared_key(struct hello_builder *out, struct rng *rng)
{
	put_number(out, 2, EXTENSION_PRE_SHARED_KEY);
	size_t extension = open_length(out, 2), identities = open_length(out, 2);
	put_number(out, 2, TICKET_BYTES);
	put_random(out, rng, TICKET_BYTES + 4);
	fill_length(out, 2, identities);
	size_t binders = open_length(out, 2);
	put_number(out, 1, 32);
	put_random(out, rng, 32);
	fill_length(out, 2, binders);
	fill_length(out, 2, extension);
}

static void put_extensions(
	struct hello_builder *out, struct rng *rng, const struct hello_options *options)
{
	uint16_t grease = draw_grease(rng);

	put_extension(out, draw_grease(rng), "", 0);
	if (options->is_resumed) {
		put_extension(out, EXTENSION_EARLY_DATA, "", 0);
	}
	put_extension(out, EXTENSION_COMPRESSION, "\x02\x00\x02", 3);
	put_key_shares(out, rng, grease, options->is_post_quantum);
	if (options->ech == HELLO_ECH_GREASE || options->ech == HELLO_ECH_OUTER) {
		put_ech(out, rng);
	} else if (options->ech == HELLO_ESNI) {
		put_esni(out, rng);
	}
	put_extension(out, EXTENSION_MAIN_SECRET, "", 0);
	if (options->alpn[0]) {
		put_alpn(out, options->alpn);
	}
	put_extension(out, EXTENSION_KEY_MODES, "\x01\x01", 2);
	put_groups(out, grease, options->is_post_quantum);
	if (options->server_name[0]) {
		put_server_name(out, options->server_name);
	}
	put_extension(out, EXTENSION_TIMESTAMPS, "", 0);
	put_extension(out, EXTENSION_SIGNATURES,
		"\x00\x10\x04\x03\x08\x04\x04\x01\x05\x03\x08\x05\x05\x01\x08\x06\x06\x01", 18);
	put_versions(out, draw_grease(rng), options->is_quic);
	put_extension(out, EXTENSION_STATUS_REQUEST, "\x01\x00\x00\x00\x00", 5);
	if (options->is_quic) {
		put_quic_parameters(out, rng);
	}
	if (options->is_resumed) {
		put_pre_shared_key(out, rng);
	}
}

size_t hello_build(
	struct rng *rng, const struct hello_options *options, uint8_t out[HELLO_BYTES_MAX])
{
	struct hello_builder hello = { .count = 0 };

	put_number(&hello, 1, MESSAGE_CLIENT_HELLO);
	size_t message = open_length(&hello, 3);
	put_number(&hello, 2, VERSION_TLS12);
	put_random(&hello, rng, RANDOM_BYTES);
	put_number(&hello, 1, options->is_quic ? 0 : RANDOM_BYTES);
	put_random(&hello, rng, options->is_quic ? 0 : RANDOM_BYTES);
	size_t ciphers = open_length(&hello, 2);
	put_number(&hello, 2, draw_grease(rng));
	put_bytes(&hello, "\x13\x01\x13\x02\x13\x03", 6);
	if (!options->is_quic) {
		put_bytes(&hello, "\xc0\x2b\xc0\x2f\xc0\x2c\xc0\x30\xcc\xa9\xcc\xa8", 12);
	}
	fill_length(&hello, 2, ciphers);
	put_bytes(&hello, "\x01\x00", 2);
	size_t extensions = open_length(&hello, 2);
	put_extensions(&hello, rng, options);
	fill_length(&hello, 2, extensions);
	fill_length(&hello, 3, message);
	memcpy(out, hello.bytes, hello.count);
	return hello.count;
}

static size_t put_record(uint8_t *out, uint8_t type, const uint8_t *bytes, size_t count)
{
	uint8_t header[5] = { type, 3, 3, (uint8_t)(count >> 8), (uint8_t)count };

	memcpy(out, header, sizeof(header));
	memcpy(out + sizeof(header), bytes, count);
	return sizeof(header) + count;
}

size_t hello_put_records(const uint8_t *message, size_t count, size_t record_bytes, uint8_t *out)
{
	size_t written = 0;

	for (size_t at = 0; at < count; at += record_bytes) {
		size_t part = count - at < record_bytes ? count - at : record_bytes;
		written += put_record(out + written, RECORD_HANDSHAKE, message + at, part);
	}
	return written;
}

size_t hello_build_answer(struct rng *rng, size_t encrypted_bytes, uint8_t *out)
{
	struct hello_builder hello = { .count = 0 };
	uint8_t encrypted[HELLO_BYTES_MAX];

	put_number(&hello, 1, MESSAGE_SERVER_HELLO);
	size_t message = open_length(&hello, 3);
	put_number(&hello, 2, VERSION_TLS12);
	put_random(&hello, rng, RANDOM_BYTES);
	put_number(&hello, 1, RANDOM_BYTES);
	put_random(&hello, rng, RANDOM_BYTES);
	put_bytes(&hello, "\x13\x01\x00", 3);
	size_t extensions = open_length(&hello, 2);
	put_extension(&hello, EXTENSION_VERSIONS, "\x03\x04", 2);
	put_number(&hello, 2, EXTENSION_KEY_SHARE);
	put_number(&hello, 2, 4 + X25519_BYTES);
	put_share(&hello, rng, GROUP_X25519, X25519_BYTES);
	fill_length(&hello, 2, extensions);
	fill_length(&hello, 3, message);

	size_t written = put_record(out, RECORD_HANDSHAKE, hello.bytes, hello.count);
	written += put_record(out + written, RECORD_CHANGE_CIPHER, (const uint8_t *)"\x01", 1);
	encrypted_bytes = encrypted_bytes < sizeof(encrypted) ? encrypted_bytes : sizeof(encrypted);
	rng_fill(rng, encrypted, encrypted_bytes);
	return written + put_record(out + written, RECORD_DATA, encrypted, encrypted_bytes);
}

#include "analyzer/record/digest.h"

#include <nettle/hmac.h>
#include <nettle/sha1.h>
#include <nettle/sha2.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"

struct digest_sha256 {
	struct sha256_ctx context;
};

struct hmac_key {
	struct hmac_sha256_ctx context; /* the key's two pads, already digested */
};

void digest_sha1(const void *bytes, size_t count, uint8_t digest[DIGEST_SHA1_BYTES])
{
	struct sha1_ctx context;

	sha1_init(&context);
	sha1_update(&context, count, bytes);
	sha1_digest(&context, DIGEST_SHA1_BYTES, digest);
}

void digest_sha256(const void *bytes, size_t count, uint8_t digest[DIGEST_SHA256_BYTES])
{
	struct sha256_ctx context;

	sha256_init(&context);
	sha256_update(&context, count, bytes);
	sha256_digest(&context, DIGEST_SHA256_BYTES, digest);
}

struct digest_sha256 *digest_sha256_create(void)
{
	struct digest_sha256 *state = malloc(sizeof(*state));

	if (state) {
		sha256_init(&state->context);
	}
	return state;
}

void digest_sha256_destroy(struct digest_sha256 *state)
{
	free(state);
}

void digest_sha256_update(struct digest_sha256 *state, const void *bytes, size_t count)
{
	sha256_update(&state->context, count, bytes);
}

void digest_sha256_finish(struct digest_sha256 *state, uint8_t digest[DIGEST_SHA256_BYTES])
{
	sha256_digest(&state->context, DIGEST_SHA256_BYTES, digest);
}

struct hmac_key *hmac_key_create(const void *key, size_t key_bytes)
{
	struct hmac_key *prepared = secret_create(sizeof(*prepared));

	if (prepared) {
		hmac_sha256_set_key(&prepared->context, key_bytes, key);
	}
	return prepared;
}

void hmac_key_destroy(struct hmac_key *key)
{
	secret_destroy(key, sizeof(*key));
}

void hmac_sha256(const struct hmac_key *key, const void *bytes, size_t count,
	uint8_t digest[DIGEST_SHA256_BYTES])
{
	struct hmac_sha256_ctx context = key->context;

	hmac_sha256_update(&context, count, bytes);
	hmac_sha256_digest(&context, DIGEST_SHA256_BYTES, digest);
	explicit_bzero(&context, sizeof(context));
}

size_t digest_hex(const uint8_t *bytes, size_t count, char *text)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < count; i++) {
		text[2 * i] = digits[bytes[i] >> 4];
		text[2 * i + 1] = digits[bytes[i] & 15];
	}
	text[2 * count] = '\0';
	return 2 * count;
}

/* Takes the bits from the left, so many at a time; the last group is filled up with zeros. */
static size_t put_groups(
	const uint8_t *bytes, size_t count, unsigned group_bits, const char *alphabet, char *text)
{
	uint32_t held = 0;
	unsigned held_bits = 0;
	size_t length = 0;

	for (size_t i = 0; i < count; i++) {
		held = held << 8 | bytes[i];
		held_bits += 8;
		while (held_bits >= group_bits) {
			held_bits -= group_bits;
			text[length++] = alphabet[held >> held_bits & ((1u << group_bits) - 1)];
		}
	}
	if (held_bits > 0) {
		text[length++] =
			alphabet[held << (group_bits - held_bits) & ((1u << group_bits) - 1)];
	}
	text[length] = '\0';
	return length;
}

size_t digest_base64(const uint8_t *bytes, size_t count, char *text)
{
	size_t length = put_groups(bytes, count, 6,
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", text);

	while (length % 4 != 0) {
		text[length++] = '=';
	}
	text[length] = '\0';
	return length;
}

size_t digest_base32(const uint8_t *bytes, size_t count, char *text)
{
	return put_groups(bytes, count, 5, "abcdefghijklmnopqrstuvwxyz234567", text);
}

static int hex_value(char digit)
{
	if (digit >= '0' && digit <= '9') {
		return digit - '0';
	}
	if (digit >= 'a' && digit <= 'f') {
		return digit - 'a' + 10;
	}
	return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

bool digest_parse_hex(const char *text, size_t length, uint8_t *bytes, size_t count)
{
	if (length != 2 * count) {
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		int high = hex_value(text[2 * i]), low = hex_value(text[2 * i + 1]);

		if (high < 0 || low < 0) {
			return false;
		}
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

bool digest_parse_signature(const char *text, uint8_t *bytes, size_t count)
{
	static const char name[] = "signature ";
	const char *hex = text + sizeof(name) - 1;

	return strncmp(text, name, sizeof(name) - 1) == 0 &&
	       strspn(hex, "0123456789abcdef") == strlen(hex) &&
	       digest_parse_hex(hex, strlen(hex), bytes, count);
}

#include "analyzer/record/probe_marker.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/record/digest.h"

enum { TIME_AT = 0, SEGMENT_AT = 4, NUMBER_AT = 8, CODE_AT = 12, CODE_BYTES = 20 };

/* In front of the name in what the code is over: three numbers, transport, length. */
enum { HEAD_BYTES = 14 };

static const char code_label[] = "borderflow probe 2", mask_label[] = "borderflow probe time",
		  segment_label[] = "borderflow probe segment ";

struct probe_key {
	struct hmac_key *hmac;
	uint32_t mask;
};

static uint32_t load(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       bytes[3];
}

static void store(uint8_t *bytes, uint32_t number)
{
	for (unsigned i = 0; i < 4; i++) {
		bytes[i] = (uint8_t)(number >> (24 - 8 * i));
	}
}

struct probe_key *probe_key_create(const uint8_t secret[32])
{
	struct probe_key *key = calloc(1, sizeof(*key));
	uint8_t digest[DIGEST_SHA256_BYTES];

	if (key) {
		key->hmac = hmac_key_create(secret, 32);
	}
	if (!key || !key->hmac) {
		free(key);
		return NULL;
	}
	hmac_sha256(key->hmac, mask_label, sizeof(mask_label), digest);
	key->mask = load(digest);
	return key;
}

void probe_key_destroy(struct probe_key *key)
{
	if (key) {
		hmac_key_destroy(key->hmac);
		free(key);
	}
}

uint32_t probe_segment(const struct probe_key *key, const char *segment)
{
	char text[512];
	uint8_t digest[DIGEST_SHA256_BYTES];
	size_t label = sizeof(segment_label) - 1, length = strlen(segment);

	length = length < sizeof(text) - label ? length : sizeof(text) - label;
	memcpy(text, segment_label, label);
	memcpy(text + label, segment, length);
	hmac_sha256(key->hmac, text, label + length, digest);
	uint32_t number = load(digest);
	return number ? number : 1;
}

/* Every part has its place or its length, so that no two hellos have one text. */
static void make_code(
	const struct probe_key *key, const struct probe_hello *hello, uint8_t code[CODE_BYTES])
{
	uint8_t text[sizeof(code_label) + HEAD_BYTES + PROBE_NAME_MAX], digest[DIGEST_SHA256_BYTES];
	uint8_t *at = text + sizeof(code_label);

	memcpy(text, code_label, sizeof(code_label));
	store(at, hello->time_s);
	store(at + 4, hello->segment);
	store(at + 8, hello->number);
	at[12] = hello->transport;
	at[13] = (uint8_t)hello->name_length;
	memcpy(at + HEAD_BYTES, hello->name, hello->name_length);
	hmac_sha256(key->hmac, text, sizeof(code_label) + HEAD_BYTES + hello->name_length, digest);
	memcpy(code, digest, CODE_BYTES);
}

bool probe_marker_make(const struct probe_key *key, const struct probe_hello *hello,
	uint8_t marker[PROBE_MARKER_BYTES])
{
	if (hello->name_length == 0 || hello->name_length > PROBE_NAME_MAX) {
		return false;
	}
	store(marker + TIME_AT, hello->time_s ^ key->mask);
	store(marker + SEGMENT_AT, hello->segment);
	store(marker + NUMBER_AT, hello->number);
	make_code(key, hello, marker + CODE_AT);
	return true;
}

bool probe_marker_check(const struct probe_key *key, const uint8_t marker[PROBE_MARKER_BYTES],
	uint64_t now_s, struct probe_hello *hello)
{
	uint8_t code[CODE_BYTES], difference = 0;

	hello->time_s = load(marker + TIME_AT) ^ key->mask;
	if ((uint32_t)(hello->time_s - (uint32_t)now_s + PROBE_KNOWN_S) > 2 * PROBE_KNOWN_S ||
		hello->name_length == 0 || hello->name_length > PROBE_NAME_MAX) {
		return false;
	}
	hello->segment = load(marker + SEGMENT_AT);
	hello->number = load(marker + NUMBER_AT);
	make_code(key, hello, code);
	for (unsigned i = 0; i < CODE_BYTES; i++) {
		difference |= code[i] ^ marker[CODE_AT + i];
	}
	return difference == 0;
}

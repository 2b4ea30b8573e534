/* Digests and keyed digests: SHA-1 (Community ID), SHA-256, HMAC-SHA-256 (RFC 2104), and their text
 * forms.
 *
 * The one door to nettle's hash functions. Memory: digest_sha256_create() takes heap memory and
 * hmac_key_create() pages that no core file takes in (base/secret.h), NULL when there is none; the
 * rest allocates nothing. Threads: any; a struct digest_sha256 belongs to one, a struct hmac_key is
 * read-only once made. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DIGEST_SHA1_BYTES = 20, DIGEST_SHA256_BYTES = 32 };

void digest_sha1(const void *bytes, size_t count, uint8_t digest[DIGEST_SHA1_BYTES]);
void digest_sha256(const void *bytes, size_t count, uint8_t digest[DIGEST_SHA256_BYTES]);

/* SHA-256 over bytes that come in pieces. digest_sha256_finish() may be followed by
 * a new message. */
struct digest_sha256;
struct digest_sha256 *digest_sha256_create(void);
void digest_sha256_destroy(struct digest_sha256 *state);
void digest_sha256_update(struct digest_sha256 *state, const void *bytes, size_t count);
void digest_sha256_finish(struct digest_sha256 *state, uint8_t digest[DIGEST_SHA256_BYTES]);

/* HMAC-SHA-256 with a key that is prepared once. */
struct hmac_key;
struct hmac_key *hmac_key_create(const void *key, size_t key_bytes);
void hmac_key_destroy(struct hmac_key *key); /* wipes it */
void hmac_sha256(const struct hmac_key *key, const void *bytes, size_t count,
	uint8_t digest[DIGEST_SHA256_BYTES]);

/* Text forms with their final NUL; each returns the length. Hexadecimal in small letters: 2 * count
 * + 1 characters. Base64 (RFC 4648 section 4, with padding): 4 * ((count + 2) / 3) + 1. Base32
 * (section 6, small letters, without padding): (8 * count + 4) / 5 + 1. */
size_t digest_hex(const uint8_t *bytes, size_t count, char *text);
size_t digest_base64(const uint8_t *bytes, size_t count, char *text);
size_t digest_base32(const uint8_t *bytes, size_t count, char *text);

/* Reads exactly count bytes from 2 * count hexadecimal digits; false where the text is anything
 * else. */
bool digest_parse_hex(const char *text, size_t length, uint8_t *bytes, size_t count);

/* The same of what stands behind what it signs, up to the end: nothing covers it, so it must be
 * NAME, a blank and small letters, not a byte else. */
bool digest_parse_signature(const char *text, uint8_t *bytes, size_t count);

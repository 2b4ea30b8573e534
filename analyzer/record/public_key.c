#include "analyzer/record/public_key.h"

#include <nettle/chacha-poly1305.h>
#include <nettle/curve25519.h>
#include <nettle/eddsa.h>
#include <nettle/hkdf.h>
#include <nettle/hmac.h>
#include <string.h>
#include <sys/random.h>

_Static_assert(PUBLIC_KEY_BYTES == ED25519_KEY_SIZE && PUBLIC_KEY_BYTES == CURVE25519_SIZE,
	"both curves have keys of one length");
_Static_assert(SIGNATURE_BYTES == ED25519_SIGNATURE_SIZE, "of RFC 8032");
_Static_assert(
	BOX_EXTRA_BYTES == CURVE25519_SIZE + CHACHA_POLY1305_DIGEST_SIZE, "the box's key, its tag");

void signature_public_key(
	const uint8_t secret[SECRET_KEY_BYTES], uint8_t public_key[PUBLIC_KEY_BYTES])
{
	ed25519_sha512_public_key(public_key, secret);
}

void signature_make(const uint8_t secret[SECRET_KEY_BYTES], const void *bytes, size_t count,
	uint8_t signature[SIGNATURE_BYTES])
{
	uint8_t public_key[PUBLIC_KEY_BYTES];

	signature_public_key(secret, public_key);
	ed25519_sha512_sign(public_key, secret, count, bytes, signature);
}

bool signature_holds(const uint8_t public_key[PUBLIC_KEY_BYTES], const void *bytes, size_t count,
	const uint8_t signature[SIGNATURE_BYTES])
{
	return ed25519_sha512_verify(public_key, count, bytes, signature) == 1;
}

void box_public_key(const uint8_t secret[SECRET_KEY_BYTES], uint8_t public_key[PUBLIC_KEY_BYTES])
{
	curve25519_mul_g(public_key, secret);
}

/* The cipher of one box, from the secret of one end and the public keys of both. Each box has a key
 * of its own, so that a nonce of zeros is used once with it. False where the other end's key is a
 * point that makes every secret the same. */
static bool prepare(struct chacha_poly1305_ctx *cipher, const uint8_t secret[SECRET_KEY_BYTES],
	const uint8_t other[PUBLIC_KEY_BYTES], const uint8_t of_box[PUBLIC_KEY_BYTES],
	const uint8_t of_holder[PUBLIC_KEY_BYTES])
{
	static const uint8_t purpose[] = "borderflow box 1";
	static const uint8_t nonce[CHACHA_POLY1305_NONCE_SIZE], nothing[CURVE25519_SIZE];
	uint8_t shared[CURVE25519_SIZE], salt[2 * PUBLIC_KEY_BYTES], key[CHACHA_POLY1305_KEY_SIZE];
	uint8_t extracted[SHA256_DIGEST_SIZE];
	struct hmac_sha256_ctx hmac;

	curve25519_mul(shared, secret, other);
	bool is_good = memcmp(shared, nothing, sizeof(shared)) != 0;
	memcpy(salt, of_box, PUBLIC_KEY_BYTES);
	memcpy(salt + PUBLIC_KEY_BYTES, of_holder, PUBLIC_KEY_BYTES);
	hmac_sha256_set_key(&hmac, sizeof(salt), salt);
	hkdf_extract(&hmac, (nettle_hash_update_func *)hmac_sha256_update,
		(nettle_hash_digest_func *)hmac_sha256_digest, sizeof(extracted), sizeof(shared),
		shared, extracted);
	hmac_sha256_set_key(&hmac, sizeof(extracted), extracted);
	hkdf_expand(&hmac, (nettle_hash_update_func *)hmac_sha256_update,
		(nettle_hash_digest_func *)hmac_sha256_digest, sizeof(extracted), sizeof(purpose),
		purpose, sizeof(key), key);
	chacha_poly1305_set_key(cipher, key);
	chacha_poly1305_set_nonce(cipher, nonce);
	explicit_bzero(shared, sizeof(shared));
	explicit_bzero(extracted, sizeof(extracted));
	explicit_bzero(key, sizeof(key));
	explicit_bzero(&hmac, sizeof(hmac));
	return is_good;
}

bool box_seal(
	const uint8_t public_key[PUBLIC_KEY_BYTES], const void *bytes, size_t count, uint8_t *box)
{
	struct chacha_poly1305_ctx cipher;
	uint8_t secret[SECRET_KEY_BYTES];

	if (getrandom(secret, sizeof(secret), 0) != (ssize_t)sizeof(secret)) {
		return false;
	}
	box_public_key(secret, box);
	bool is_good = prepare(&cipher, secret, public_key, box, public_key);
	chacha_poly1305_encrypt(&cipher, count, box + PUBLIC_KEY_BYTES, bytes);
	chacha_poly1305_digest(
		&cipher, CHACHA_POLY1305_DIGEST_SIZE, box + PUBLIC_KEY_BYTES + count);
	explicit_bzero(secret, sizeof(secret));
	explicit_bzero(&cipher, sizeof(cipher));
	return is_good;
}

/* Takes as long wherever they differ. */
static bool is_same(const uint8_t *a, const uint8_t *b, size_t count)
{
	uint8_t difference = 0;

	for (size_t i = 0; i < count; i++) {
		difference |= a[i] ^ b[i];
	}
	return difference == 0;
}

bool box_open(
	const uint8_t secret[SECRET_KEY_BYTES], const uint8_t *box, size_t count, uint8_t *bytes)
{
	uint8_t public_key[PUBLIC_KEY_BYTES], tag[CHACHA_POLY1305_DIGEST_SIZE];
	struct chacha_poly1305_ctx cipher;

	if (count < BOX_EXTRA_BYTES) {
		return false;
	}
	size_t length = count - BOX_EXTRA_BYTES;
	box_public_key(secret, public_key);
	bool is_good = prepare(&cipher, secret, box, box, public_key);
	chacha_poly1305_decrypt(&cipher, length, bytes, box + PUBLIC_KEY_BYTES);
	chacha_poly1305_digest(&cipher, sizeof(tag), tag);
	explicit_bzero(&cipher, sizeof(cipher));
	is_good = is_good && is_same(tag, box + PUBLIC_KEY_BYTES + length, sizeof(tag));
	if (!is_good) {
		explicit_bzero(bytes, length);
	}
	return is_good;
}

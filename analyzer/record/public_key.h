/* What one holder signs or opens and everybody may check or seal: Ed25519 (RFC 8032) and boxes that
 * are sealed to a public key.
 *
 * A box holds a message for whoever has the secret key: an X25519 key made for this box alone (RFC
 * 7748), HKDF-SHA-256 over what both keys share (RFC 5869), ChaCha20-Poly1305 under the result (RFC
 * 8439). Nobody can tell who sealed it, its sealer cannot open it again, and a changed box does not
 * open. A box may hold a box: both holders are then needed.
 *
 * The one door to nettle's curves. Memory: none is kept; secrets on the stack are wiped. Threads:
 * any. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	PUBLIC_KEY_BYTES = 32,
	SECRET_KEY_BYTES = 32,
	SIGNATURE_BYTES = 64,
	BOX_EXTRA_BYTES = PUBLIC_KEY_BYTES + 16, /* a box is this much longer than its message */
};

/* Ed25519; the secret is the seed. */
void signature_public_key(
	const uint8_t secret[SECRET_KEY_BYTES], uint8_t public_key[PUBLIC_KEY_BYTES]);
void signature_make(const uint8_t secret[SECRET_KEY_BYTES], const void *bytes, size_t count,
	uint8_t signature[SIGNATURE_BYTES]);
bool signature_holds(const uint8_t public_key[PUBLIC_KEY_BYTES], const void *bytes, size_t count,
	const uint8_t signature[SIGNATURE_BYTES]);

/* X25519. */
void box_public_key(const uint8_t secret[SECRET_KEY_BYTES], uint8_t public_key[PUBLIC_KEY_BYTES]);
/* box: count + BOX_EXTRA_BYTES. False where the system has no random bytes. */
bool box_seal(
	const uint8_t public_key[PUBLIC_KEY_BYTES], const void *bytes, size_t count, uint8_t *box);
/* bytes: count - BOX_EXTRA_BYTES. False where it is no box for this key, or was changed. */
bool box_open(
	const uint8_t secret[SECRET_KEY_BYTES], const uint8_t *box, size_t count, uint8_t *bytes);

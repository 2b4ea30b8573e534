#include "base/hash.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

struct hash_key hash_key_random(void)
{
	struct hash_key key;

	/* At start-up only; without the kernel's random numbers nothing that follows
	 * would be safe. */
	if (getrandom(&key, sizeof(key), 0) != (ssize_t)sizeof(key)) {
		abort();
	}
	return key;
}

static inline uint64_t rotate(uint64_t word, unsigned bits)
{
	return word << bits | word >> (64 - bits);
}

static inline void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[0] = rotate(v[0], 32);
	v[2] += v[3];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

uint64_t hash_bytes(const struct hash_key *key, const void *bytes, size_t count)
{
	uint64_t v[4] = { key->words[0] ^ 0x736f6d6570736575, key->words[1] ^ 0x646f72616e646f6d,
		key->words[0] ^ 0x6c7967656e657261, key->words[1] ^ 0x7465646279746573 };
	const unsigned char *at = bytes;
	uint64_t word, last = (uint64_t)count << 56;

	for (; count >= 8; at += 8, count -= 8) {
		memcpy(&word, at, 8);
		v[3] ^= word;
		sip_round(v);
		v[0] ^= word;
	}
	for (size_t i = 0; i < count; i++) {
		last |= (uint64_t)at[i] << 8 * i;
	}
	v[3] ^= last;
	sip_round(v);
	v[0] ^= last;
	v[2] ^= 0xff;
	for (unsigned i = 0; i < 3; i++) {
		sip_round(v);
	}
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* The two halves of a product of 128 bits, folded. */
static inline uint64_t fold(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Up to sixteen bytes as words, with zeros behind them: as two loads that may overlap, since a copy
 * of a length that the compiler does not know is a call. */
static inline void read_rest(const unsigned char *at, size_t count, uint64_t words[2])
{
	uint32_t first, last;

	words[0] = words[1] = 0;
	if (count > 8) {
		memcpy(&words[0], at, 8);
		memcpy(&words[1], at + count - 8, 8);
		words[1] = htole64(le64toh(words[1]) >> 8 * (16 - count));
	} else if (count >= 4) {
		memcpy(&first, at, 4);
		memcpy(&last, at + count - 4, 4);
		words[0] = htole64(le32toh(first) | (uint64_t)le32toh(last) << 8 * (count - 4));
	} else if (count > 0) {
		words[0] = htole64(at[0] | (uint64_t)at[count / 2] << 8 * (count / 2) |
				   (uint64_t)at[count - 1] << 8 * (count - 1));
	}
}

uint64_t hash_bytes_fast(const struct hash_key *key, const void *bytes, size_t count)
{
	const uint64_t low = key->words[0], high = key->words[1];
	uint64_t words[2] = { 0, 0 }, hash = fold(low ^ count, high ^ UINT64_C(0x9e3779b97f4a7c15));
	const unsigned char *at = bytes;

	for (; count > sizeof(words); at += sizeof(words), count -= sizeof(words)) {
		memcpy(words, at, sizeof(words));
		hash = fold(words[0] ^ hash ^ low, words[1] ^ high);
	}
	read_rest(at, count, words);
	hash = fold(words[0] ^ hash ^ low, words[1] ^ high);
	return fold(hash ^ high, low | 1);
}

struct hash_key hash_key_fixed(const char *text)
{
	struct hash_key zero = { { 0, 0 } }, one = { { 1, 1 } };
	size_t length = strlen(text);

	return (struct hash_key){ { hash_bytes(&zero, text, length),
		hash_bytes(&one, text, length) } };
}

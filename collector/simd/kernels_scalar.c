/* The references: plain C, always built, always the oracle. */
#include "collector/simd/kernels.h"

#include <string.h>

static bool scalar_is_supported(void)
{
	return true;
}

static inline uint64_t load_word(const void *bytes, unsigned index)
{
	uint64_t word;
	memcpy(&word, (const uint8_t *)bytes + 8 * index, sizeof(word));
	return word;
}

/* The product of two words, both halves. Neither factor is known to whoever chooses the key: each
 * is a part of the key xor a secret word (the idea of wyhash, Wang Yi, 2019). */
static inline void multiply(uint64_t *a, uint64_t *b)
{
	unsigned __int128 product = (unsigned __int128)*a * *b;
	*a = (uint64_t)product;
	*b = (uint64_t)(product >> 64);
}

static inline uint64_t fold(uint64_t a, uint64_t b)
{
	multiply(&a, &b);
	return a ^ b;
}

static void scalar_hash16(const struct kernel_secret *secret, const void *const *keys,
	unsigned count, uint64_t *hashes)
{
	const uint64_t *s = secret->words;

	for (unsigned i = 0; i < count; i++) {
		uint64_t a = load_word(keys[i], 0) ^ s[0], b = load_word(keys[i], 1) ^ s[1];
		multiply(&a, &b);
		hashes[i] = fold(a ^ s[2], b ^ s[3]);
	}
}

static void scalar_hash40(const struct kernel_secret *secret, const void *const *keys,
	unsigned count, uint64_t *hashes)
{
	const uint64_t *s = secret->words;

	for (unsigned i = 0; i < count; i++) {
		uint64_t a = load_word(keys[i], 0) ^ s[0], b = load_word(keys[i], 1) ^ s[1];
		uint64_t c = load_word(keys[i], 2) ^ s[4], d = load_word(keys[i], 3) ^ s[5];
		multiply(&a, &b);
		multiply(&c, &d);
		uint64_t e = load_word(keys[i], 4) ^ s[6] ^ a, f = b ^ c ^ s[7];
		multiply(&e, &f);
		hashes[i] = fold(e ^ d ^ s[2], f ^ s[3]);
	}
}

static void scalar_match(
	const struct kernel_line *const *lines, const uint8_t *tags, unsigned count, uint32_t *ids)
{
	for (unsigned i = 0; i < count; i++) {
		ids[i] = KERNEL_NO_ID;
		for (unsigned place = 0; place < KERNEL_LINE_PLACES; place++) {
			if (lines[i]->tags[place] == tags[i]) {
				ids[i] = lines[i]->ids[place];
				break;
			}
		}
	}
}

const struct kernels kernels_scalar = {
	.name = "scalar",
	.is_supported = scalar_is_supported,
	.hash16 = scalar_hash16,
	.hash40 = scalar_hash40,
	.match = scalar_match,
};

/* The S-box of AES (FIPS 197, 5.1.1). */
static const uint8_t aes_sbox[256] = { 0x63, 0x7c, 0x77, 0x7b, 0xf2, 0x6b, 0x6f, 0xc5, 0x30, 0x01,
	0x67, 0x2b, 0xfe, 0xd7, 0xab, 0x76, 0xca, 0x82, 0xc9, 0x7d, 0xfa, 0x59, 0x47, 0xf0, 0xad,
	0xd4, 0xa2, 0xaf, 0x9c, 0xa4, 0x72, 0xc0, 0xb7, 0xfd, 0x93, 0x26, 0x36, 0x3f, 0xf7, 0xcc,
	0x34, 0xa5, 0xe5, 0xf1, 0x71, 0xd8, 0x31, 0x15, 0x04, 0xc7, 0x23, 0xc3, 0x18, 0x96, 0x05,
	0x9a, 0x07, 0x12, 0x80, 0xe2, 0xeb, 0x27, 0xb2, 0x75, 0x09, 0x83, 0x2c, 0x1a, 0x1b, 0x6e,
	0x5a, 0xa0, 0x52, 0x3b, 0xd6, 0xb3, 0x29, 0xe3, 0x2f, 0x84, 0x53, 0xd1, 0x00, 0xed, 0x20,
	0xfc, 0xb1, 0x5b, 0x6a, 0xcb, 0xbe, 0x39, 0x4a, 0x4c, 0x58, 0xcf, 0xd0, 0xef, 0xaa, 0xfb,
	0x43, 0x4d, 0x33, 0x85, 0x45, 0xf9, 0x02, 0x7f, 0x50, 0x3c, 0x9f, 0xa8, 0x51, 0xa3, 0x40,
	0x8f, 0x92, 0x9d, 0x38, 0xf5, 0xbc, 0xb6, 0xda, 0x21, 0x10, 0xff, 0xf3, 0xd2, 0xcd, 0x0c,
	0x13, 0xec, 0x5f, 0x97, 0x44, 0x17, 0xc4, 0xa7, 0x7e, 0x3d, 0x64, 0x5d, 0x19, 0x73, 0x60,
	0x81, 0x4f, 0xdc, 0x22, 0x2a, 0x90, 0x88, 0x46, 0xee, 0xb8, 0x14, 0xde, 0x5e, 0x0b, 0xdb,
	0xe0, 0x32, 0x3a, 0x0a, 0x49, 0x06, 0x24, 0x5c, 0xc2, 0xd3, 0xac, 0x62, 0x91, 0x95, 0xe4,
	0x79, 0xe7, 0xc8, 0x37, 0x6d, 0x8d, 0xd5, 0x4e, 0xa9, 0x6c, 0x56, 0xf4, 0xea, 0x65, 0x7a,
	0xae, 0x08, 0xba, 0x78, 0x25, 0x2e, 0x1c, 0xa6, 0xb4, 0xc6, 0xe8, 0xdd, 0x74, 0x1f, 0x4b,
	0xbd, 0x8b, 0x8a, 0x70, 0x3e, 0xb5, 0x66, 0x48, 0x03, 0xf6, 0x0e, 0x61, 0x35, 0x57, 0xb9,
	0x86, 0xc1, 0x1d, 0x9e, 0xe1, 0xf8, 0x98, 0x11, 0x69, 0xd9, 0x8e, 0x94, 0x9b, 0x1e, 0x87,
	0xe9, 0xce, 0x55, 0x28, 0xdf, 0x8c, 0xa1, 0x89, 0x0d, 0xbf, 0xe6, 0x42, 0x68, 0x41, 0x99,
	0x2d, 0x0f, 0xb0, 0x54, 0xbb, 0x16 };

static inline uint8_t aes_double(uint8_t byte)
{
	return (uint8_t)(byte << 1 ^ (byte >> 7) * 0x1b);
}

/* One round as the instructions AESENC and AESE+AESMC do it: rows are shifted, bytes substituted,
 * columns mixed, the round key added (FIPS 197, 5.1). Byte r + 4c of the block is row r of column
 * c. */
static void aes_round(uint8_t block[16], const uint64_t *round_key)
{
	uint8_t shifted[16], key[16];

	memcpy(key, round_key, sizeof(key));
	for (unsigned i = 0; i < 16; i++) {
		shifted[i] = aes_sbox[block[(i + 4 * (i % 4)) % 16]];
	}
	for (unsigned column = 0; column < 16; column += 4) {
		const uint8_t *in = shifted + column;
		uint8_t all = in[0] ^ in[1] ^ in[2] ^ in[3];
		for (unsigned row = 0; row < 4; row++) {
			uint8_t pair = in[row] ^ in[(row + 1) % 4];
			block[column + row] = in[row] ^ all ^ aes_double(pair) ^ key[column + row];
		}
	}
}

static void aes_add(uint8_t block[16], const void *bytes, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		block[i] ^= ((const uint8_t *)bytes)[i];
	}
}

/* Four rounds mix every bit of the block into every other; two do not: sequential addresses would
 * collide. */
static void aes_hash16(const struct kernel_secret *secret, const void *const *keys, unsigned count,
	uint64_t *hashes)
{
	const uint64_t *s = secret->words;

	for (unsigned i = 0; i < count; i++) {
		uint8_t block[16];
		memcpy(block, keys[i], sizeof(block));
		aes_add(block, s, 16);
		for (unsigned round = 1; round <= 4; round++) {
			aes_round(block, s + 2 * round);
		}
		hashes[i] = load_word(block, 0);
	}
}

/* The key in three blocks, chained as in a CBC-MAC with two rounds between and four behind the
 * last. */
static void aes_hash40(const struct kernel_secret *secret, const void *const *keys, unsigned count,
	uint64_t *hashes)
{
	const uint64_t *s = secret->words;

	for (unsigned i = 0; i < count; i++) {
		const uint8_t *key = keys[i];
		uint8_t block[16];
		memcpy(block, key, sizeof(block));
		aes_add(block, s, 16);
		aes_round(block, s + 2);
		aes_round(block, s + 4);
		aes_add(block, key + 16, 16);
		aes_round(block, s + 6);
		aes_round(block, s + 8);
		aes_add(block, key + 32, 8);
		for (unsigned round = 5; round <= 8; round++) {
			aes_round(block, s + 2 * round);
		}
		hashes[i] = load_word(block, 0);
	}
}

const struct kernels kernels_aes_scalar = {
	.name = "aes-scalar",
	.is_supported = scalar_is_supported,
	.hash16 = aes_hash16,
	.hash40 = aes_hash40,
	.match = scalar_match,
};

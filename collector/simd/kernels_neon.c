/* aarch64 with the cryptography extension; built with -march=armv8-a+crypto. */
#include "collector/simd/kernels.h"

#include <arm_neon.h>
#include <sys/auxv.h>

static bool neon_is_supported(void)
{
	enum { HWCAP_AES_BIT = 1 << 3 }; /* HWCAP_AES of the kernel's asm/hwcap.h */
	return (getauxval(AT_HWCAP) & HWCAP_AES_BIT) != 0;
}

static inline uint8x16_t round_key(const struct kernel_secret *secret, unsigned index)
{
	return vld1q_u8((const uint8_t *)(secret->words + 2 * index));
}

/* AESE adds its key before the substitution; with a key of zeros and the round key added behind
 * AESMC the round is the reference's. */
static inline uint8x16_t aes_round(uint8x16_t block, uint8x16_t key)
{
	return veorq_u8(vaesmcq_u8(vaeseq_u8(block, vdupq_n_u8(0))), key);
}

static inline uint64_t low_word(uint8x16_t block)
{
	return vgetq_lane_u64(vreinterpretq_u64_u8(block), 0);
}

static void neon_hash16(const struct kernel_secret *secret, const void *const *keys, unsigned count,
	uint64_t *hashes)
{
	for (unsigned i = 0; i < count; i++) {
		uint8x16_t block = veorq_u8(vld1q_u8(keys[i]), round_key(secret, 0));
		for (unsigned round = 1; round <= 4; round++) {
			block = aes_round(block, round_key(secret, round));
		}
		hashes[i] = low_word(block);
	}
}

static void neon_hash40(const struct kernel_secret *secret, const void *const *keys, unsigned count,
	uint64_t *hashes)
{
	for (unsigned i = 0; i < count; i++) {
		const uint8_t *key = keys[i];
		uint8x16_t block = veorq_u8(vld1q_u8(key), round_key(secret, 0));
		block = aes_round(block, round_key(secret, 1));
		block = aes_round(block, round_key(secret, 2));
		block = veorq_u8(block, vld1q_u8(key + 16));
		block = aes_round(block, round_key(secret, 3));
		block = aes_round(block, round_key(secret, 4));
		block = veorq_u8(block, vcombine_u8(vld1_u8(key + 32), vdup_n_u8(0)));
		for (unsigned round = 5; round <= 8; round++) {
			block = aes_round(block, round_key(secret, round));
		}
		hashes[i] = low_word(block);
	}
}

/* Neon has no movemask: narrowing the comparison by four bits a lane gives a nibble a place
 * instead. */
static void neon_match(
	const struct kernel_line *const *lines, const uint8_t *tags, unsigned count, uint32_t *ids)
{
	for (unsigned i = 0; i < count; i++) {
		uint8x16_t equal =
			vceqq_u8(vld1q_u8((const uint8_t *)lines[i]), vdupq_n_u8(tags[i]));
		uint8x8_t narrow = vshrn_n_u16(vreinterpretq_u16_u8(equal), 4);
		uint64_t nibbles = vget_lane_u64(vreinterpret_u64_u8(narrow), 0);
		nibbles &= (UINT64_C(1) << 4 * KERNEL_LINE_PLACES) - 1;
		ids[i] = nibbles ? lines[i]->ids[__builtin_ctzll(nibbles) / 4] : KERNEL_NO_ID;
	}
}

const struct kernels kernels_neon = {
	.name = "neon",
	.reference = &kernels_aes_scalar,
	.is_supported = neon_is_supported,
	.hash16 = neon_hash16,
	.hash40 = neon_hash40,
	.match = neon_match,
};

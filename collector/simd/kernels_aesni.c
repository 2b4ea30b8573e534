/* x86-64 with AES instructions; built with -maes. Sixteen bytes at a time: wider compares gain
 * nothing, memory is the wall. */
#include "collector/simd/kernels.h"

#include <immintrin.h>

static bool aesni_is_supported(void)
{
	return __builtin_cpu_supports("aes") != 0;
}

static inline __m128i round_key(const struct kernel_secret *secret, unsigned index)
{
	return _mm_load_si128((const __m128i *)(const void *)secret->words + index);
}

static void aesni_hash16(const struct kernel_secret *secret, const void *const *keys,
	unsigned count, uint64_t *hashes)
{
	const __m128i k0 = round_key(secret, 0), k1 = round_key(secret, 1),
		      k2 = round_key(secret, 2), k3 = round_key(secret, 3),
		      k4 = round_key(secret, 4);

	for (unsigned i = 0; i < count; i++) {
		__m128i block = _mm_xor_si128(_mm_loadu_si128(keys[i]), k0);
		block = _mm_aesenc_si128(block, k1);
		block = _mm_aesenc_si128(block, k2);
		block = _mm_aesenc_si128(block, k3);
		block = _mm_aesenc_si128(block, k4);
		hashes[i] = (uint64_t)_mm_cvtsi128_si64(block);
	}
}

static void aesni_hash40(const struct kernel_secret *secret, const void *const *keys,
	unsigned count, uint64_t *hashes)
{
	for (unsigned i = 0; i < count; i++) {
		const __m128i *key = keys[i];
		__m128i block = _mm_xor_si128(_mm_loadu_si128(key), round_key(secret, 0));
		block = _mm_aesenc_si128(block, round_key(secret, 1));
		block = _mm_aesenc_si128(block, round_key(secret, 2));
		block = _mm_xor_si128(block, _mm_loadu_si128(key + 1));
		block = _mm_aesenc_si128(block, round_key(secret, 3));
		block = _mm_aesenc_si128(block, round_key(secret, 4));
		block = _mm_xor_si128(block, _mm_loadl_epi64(key + 2));
		block = _mm_aesenc_si128(block, round_key(secret, 5));
		block = _mm_aesenc_si128(block, round_key(secret, 6));
		block = _mm_aesenc_si128(block, round_key(secret, 7));
		block = _mm_aesenc_si128(block, round_key(secret, 8));
		hashes[i] = (uint64_t)_mm_cvtsi128_si64(block);
	}
}

/* Sixteen bytes are loaded, twelve are tags. */
static void aesni_match(
	const struct kernel_line *const *lines, const uint8_t *tags, unsigned count, uint32_t *ids)
{
	for (unsigned i = 0; i < count; i++) {
		__m128i line = _mm_load_si128((const __m128i *)(const void *)lines[i]);
		__m128i equal = _mm_cmpeq_epi8(line, _mm_set1_epi8((char)tags[i]));
		unsigned places =
			(unsigned)_mm_movemask_epi8(equal) & ((1u << KERNEL_LINE_PLACES) - 1);
		ids[i] = places ? lines[i]->ids[__builtin_ctz(places)] : KERNEL_NO_ID;
	}
}

const struct kernels kernels_aesni = {
	.name = "aesni",
	.reference = &kernels_aes_scalar,
	.is_supported = aesni_is_supported,
	.hash16 = aesni_hash16,
	.hash40 = aesni_hash40,
	.match = aesni_match,
};

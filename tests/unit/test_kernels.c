/* Every variant this machine can run computes what its reference does; and the hash functions are
 * good ones: each bit of the key changes half of the hash, and the regular keys of real traffic
 * fall as random ones would. */
#include "collector/simd/kernels.h"

#include <math.h>
#include <stdlib.h>

#include "tests/tap.h"

enum { KEYS = 4096, LINES = 4096 };

static struct kernel_secret secret;
static uint64_t seed = 88172645463325252;

static uint64_t random_word(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	return seed ^= seed << 17;
}

static void random_bytes(void *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		((uint8_t *)bytes)[i] = (uint8_t)(random_word() >> 32);
	}
}

/* Keys that an unkeyed or linear hash would take badly: all zeros, one bit, counters in each word,
 * equal words. */
static void adversarial_key(uint8_t key[40], unsigned i)
{
	memset(key, i % 3 == 0 ? 0 : 0xff, 40);
	if (i % 3 == 1) {
		key[i % 40] ^= (uint8_t)(1 << i / 40 % 8);
	} else if (i % 3 == 2) {
		uint64_t word = i;
		memcpy(key + 8 * (i % 5), &word, 8);
		memcpy(key + 8 * ((i + 1) % 5), &word, 8);
	}
}

static void test_hashes(const struct kernels *kernels, const char *kind)
{
	const struct kernels *reference = kernels->reference;
	uint8_t *keys = malloc(KEYS * 41);
	const void *at[KEYS];
	static uint64_t got[KEYS], wanted[KEYS];

	for (unsigned i = 0; i < KEYS; i++) {
		uint8_t *key = keys + 41 * i; /* at every alignment */
		at[i] = key;
		random_bytes(key, 40);
		if (strcmp(kind, "adversarial") == 0) {
			adversarial_key(key, i);
		}
	}
	kernels->hash16(&secret, at, KEYS, got);
	reference->hash16(&secret, at, KEYS, wanted);
	ok(memcmp(got, wanted, sizeof(got)) == 0, "%s: hash16 as %s on %s keys", kernels->name,
		reference->name, kind);
	kernels->hash40(&secret, at, KEYS, got);
	reference->hash40(&secret, at, KEYS, wanted);
	ok(memcmp(got, wanted, sizeof(got)) == 0, "%s: hash40 as %s on %s keys", kernels->name,
		reference->name, kind);
	free(keys);
}

static void test_match(const struct kernels *kernels)
{
	static struct kernel_line lines[LINES];
	static const struct kernel_line *at[LINES];
	static uint8_t tags[LINES];
	static uint32_t got[LINES], wanted[LINES];

	for (unsigned i = 0; i < LINES; i++) {
		unsigned taken = (unsigned)(random_word() % 13);
		random_bytes(&lines[i], sizeof(lines[i]));
		for (unsigned place = 0; place < KERNEL_LINE_PLACES; place++) {
			lines[i].tags[place] = place < taken ? (uint8_t)(1 + random_word() % 7) : 0;
		}
		/* A tag in the bytes just behind must not be found. */
		memset(&lines[i].next, i % 7 + 1, sizeof(lines[i].next));
		at[i] = &lines[i];
		tags[i] = (uint8_t)(1 + random_word() % 9);
	}
	kernels->match(at, tags, LINES, got);
	kernels->reference->match(at, tags, LINES, wanted);
	ok(memcmp(got, wanted, sizeof(got)) == 0, "%s: match as %s", kernels->name,
		kernels->reference->name);
}

static void test_lengths(const struct kernels *kernels)
{
	uint8_t key[40];
	const void *at = key;
	uint64_t hashes[2] = { 0, 1 };

	random_bytes(key, sizeof(key));
	kernels->hash16(&secret, &at, 0, hashes);
	ok(hashes[0] == 0 && hashes[1] == 1, "%s: no keys, nothing written", kernels->name);
	kernels->hash16(&secret, &at, 1, hashes);
	ok(hashes[1] == 1, "%s: one key, one hash", kernels->name);
}

/* One round of the cipher on the example of FIPS 197, appendix B: rounds 1 to 4. The first key of
 * the secret is the cipher's first round key, so the block after four rounds is
 * the published one. */
static void test_published_aes(const struct kernels *kernels)
{
	static const uint8_t input[16] = { 0x32, 0x43, 0xf6, 0xa8, 0x88, 0x5a, 0x30, 0x8d, 0x31,
		0x31, 0x98, 0xa2, 0xe0, 0x37, 0x07, 0x34 };
	static const uint8_t round_keys[5][16] = {
		{ 0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab, 0xf7, 0x15, 0x88, 0x09,
			0xcf, 0x4f, 0x3c },
		{ 0xa0, 0xfa, 0xfe, 0x17, 0x88, 0x54, 0x2c, 0xb1, 0x23, 0xa3, 0x39, 0x39, 0x2a,
			0x6c, 0x76, 0x05 },
		{ 0xf2, 0xc2, 0x95, 0xf2, 0x7a, 0x96, 0xb9, 0x43, 0x59, 0x35, 0x80, 0x7a, 0x73,
			0x59, 0xf6, 0x7f },
		{ 0x3d, 0x80, 0x47, 0x7d, 0x47, 0x16, 0xfe, 0x3e, 0x1e, 0x23, 0x7e, 0x44, 0x6d,
			0x7a, 0x88, 0x3b },
		{ 0xef, 0x44, 0xa5, 0x41, 0xa8, 0x52, 0x5b, 0x7f, 0xb6, 0x71, 0x25, 0x3b, 0xdb,
			0x0b, 0xad, 0x00 },
	};
	/* "Start of round" 5. */
	static const uint8_t wanted[8] = { 0xe0, 0x92, 0x7f, 0xe8, 0xc8, 0x63, 0x63, 0xc0 };
	struct kernel_secret published = { { 0 } };
	const void *at = input;
	uint64_t hash;

	memcpy(published.words, round_keys, sizeof(round_keys));
	kernels->hash16(&published, &at, 1, &hash);
	ok(memcmp(&hash, wanted, sizeof(wanted)) == 0, "%s: four rounds of FIPS 197, appendix B",
		kernels->name);
}

typedef void hash_function(const struct kernel_secret *, const void *const *, unsigned, uint64_t *);

/* Over many keys each flipped key bit must flip each hash bit in about half of the cases. */
static double worst_avalanche(hash_function *hash, unsigned key_bytes)
{
	enum { SAMPLES = 2000 };
	double worst = 0;

	for (unsigned bit = 0; bit < key_bytes * 8; bit++) {
		unsigned flips[64] = { 0 };
		for (unsigned i = 0; i < SAMPLES; i++) {
			uint8_t keys[2][40];
			const void *at[2] = { keys[0], keys[1] };
			uint64_t hashes[2];
			random_bytes(keys[0], 40);
			memcpy(keys[1], keys[0], 40);
			keys[1][bit / 8] ^= (uint8_t)(1 << bit % 8);
			hash(&secret, at, 2, hashes);
			for (unsigned out = 0; out < 64; out++) {
				flips[out] += (hashes[0] ^ hashes[1]) >> out & 1;
			}
		}
		for (unsigned out = 0; out < 64; out++) {
			double bias = fabs(flips[out] / (double)SAMPLES - 0.5);
			worst = bias > worst ? bias : worst;
		}
	}
	return worst;
}

/* Regular keys: what is in a network that scans, is scanned, or numbers its hosts in order. */
static void regular_key(uint8_t key[40], unsigned kind, unsigned i)
{
	uint32_t word_be = __builtin_bswap32(0x0a000000 + i);
	uint16_t port_be = __builtin_bswap16((uint16_t)i);

	memset(key, 0, 40);
	key[12] = 6;
	switch (kind) {
	case 0: /* hosts in order, one server */
		memcpy(key, &word_be, 4);
		memcpy(key + 32, &word_be, 4);
		break;
	case 1: /* every port of many hosts */
		word_be = __builtin_bswap32(0xc0a80000 + i / 65536);
		memcpy(key + 4, &word_be, 4);
		memcpy(key + 10, &port_be, 2);
		memcpy(key + 38, &port_be, 2);
		key[20] = (uint8_t)(i / 65536);
		break;
	default: /* one port of every address, the scanner's own port as well in order */
		memcpy(key + 4, &word_be, 4);
		memcpy(key + 8, &port_be, 2);
		memcpy(key + 16, &word_be, 4);
		memcpy(key + 36, &port_be, 2);
		break;
	}
}

/* How many standard deviations the fullness of index lines differs from that of random keys
 * (chi-squared over lines), and how many keys share all 64 bits. */
static void test_regular(hash_function *hash, const char *name, unsigned kind)
{
	enum { COUNT = 1 << 18, PLACES = 1 << 15 };
	static const char *const kinds[] = { "sequential hosts", "a port scan", "a SYN scan" };
	unsigned *fullness = calloc(PLACES, sizeof(*fullness)), *tags = calloc(256, sizeof(*tags));
	uint64_t hash_of[1];
	double chi2 = 0, tag_chi2 = 0, mean = (double)COUNT / PLACES, tag_mean = COUNT / 256.0;

	for (unsigned i = 0; i < COUNT; i++) {
		uint8_t key[40];
		const void *at = key;
		regular_key(key, kind, i);
		hash(&secret, &at, 1, hash_of);
		fullness[hash_of[0] % PLACES]++;
		tags[hash_of[0] >> 56]++;
	}
	for (unsigned i = 0; i < PLACES; i++) {
		chi2 += (fullness[i] - mean) * (fullness[i] - mean) / mean;
	}
	for (unsigned i = 0; i < 256; i++) {
		tag_chi2 += (tags[i] - tag_mean) * (tags[i] - tag_mean) / tag_mean;
	}
	double lines_off = (chi2 - (PLACES - 1)) / sqrt(2.0 * (PLACES - 1));
	double tags_off = (tag_chi2 - 255) / sqrt(2.0 * 255);
	ok(fabs(lines_off) < 6, "%s: lines are filled as by chance under %s (%+.1f sigma)", name,
		kinds[kind], lines_off);
	ok(fabs(tags_off) < 6, "%s: tags are as by chance under %s (%+.1f sigma)", name,
		kinds[kind], tags_off);
	free(fullness);
	free(tags);
}

static void test_quality(const struct kernels *kernels)
{
	double worst = worst_avalanche(kernels->hash16, 16);
	ok(worst < 0.07, "%s: hash16 avalanche, worst bias %.3f", kernels->name, worst);
	worst = worst_avalanche(kernels->hash40, 40);
	ok(worst < 0.07, "%s: hash40 avalanche, worst bias %.3f", kernels->name, worst);
	for (unsigned kind = 0; kind < 3; kind++) {
		test_regular(kernels->hash16, kernels->name, kind);
		test_regular(kernels->hash40, kernels->name, kind);
	}
}

static void test_secret(const struct kernels *kernels)
{
	static const uint8_t key[40] = { 1 };
	const void *at = key;
	struct kernel_secret other = secret;
	unsigned same16 = 0, same40 = 0;

	for (unsigned word = 0; word < KERNEL_SECRET_WORDS; word++) {
		uint64_t a, b;
		other = secret;
		other.words[word] ^= 1;
		kernels->hash16(&secret, &at, 1, &a);
		kernels->hash16(&other, &at, 1, &b);
		same16 += a == b;
		kernels->hash40(&secret, &at, 1, &a);
		kernels->hash40(&other, &at, 1, &b);
		same40 += a == b;
	}
	ok(same16 < KERNEL_SECRET_WORDS && same40 < KERNEL_SECRET_WORDS,
		"%s: the secret matters (%u and %u of %u words are not used)", kernels->name,
		same16, same40, KERNEL_SECRET_WORDS);
}

int main(void)
{
	const struct kernels *kernels;

	random_bytes(&secret, sizeof(secret));
	for (unsigned i = 0; (kernels = kernels_at(i)) != NULL; i++) {
		if (!kernels->is_supported()) {
			skip(kernels->name);
			continue;
		}
		ok(kernels_find(kernels->name) == kernels, "%s: found by name", kernels->name);
		test_lengths(kernels);
		test_secret(kernels);
		if (kernels == &kernels_aes_scalar) {
			test_published_aes(kernels);
		}
		if (kernels->reference) {
			test_hashes(kernels, "random");
			test_hashes(kernels, "adversarial");
			test_match(kernels);
		}
		if (kernels != &kernels_aes_scalar) {
			test_quality(kernels);
		}
	}
	ok(kernels_find(NULL) && kernels_find(NULL)->is_supported(), "the best is %s",
		kernels_find(NULL)->name);
	ok(kernels_find("pdp-11") == NULL, "an unknown name is not found");
	return done_testing();
}

/* Nanoseconds a key for each kernel of each variant, keys and lines in the first cache. */
#include "collector/simd/kernels.h"

#include <string.h>

#include "tests/bench/bench.h"

enum { KEYS = 256, REPEATS = 400, ROUNDS = 21 };

static struct kernel_secret secret;
static uint8_t keys[KEYS][40];
static const void *key_at[KEYS];
static struct kernel_line lines[KEYS];
static const struct kernel_line *line_at[KEYS];
static uint8_t tags[KEYS];

static void prepare(void)
{
	srand(1);
	for (unsigned i = 0; i < KEYS; i++) {
		for (unsigned at = 0; at < sizeof(keys[i]); at++) {
			keys[i][at] = (uint8_t)(rand() >> 7);
		}
		for (unsigned place = 0; place < KERNEL_LINE_PLACES; place++) {
			lines[i].tags[place] = place < 7 ? (uint8_t)(1 + (rand() >> 7) % 255) : 0;
			lines[i].ids[place] = place;
		}
		tags[i] = lines[i].tags[(rand() >> 7) % 7];
		key_at[i] = keys[i];
		line_at[i] = &lines[i];
	}
	for (unsigned i = 0; i < KERNEL_SECRET_WORDS; i++) {
		secret.words[i] = (uint64_t)rand() << 33 ^ (uint64_t)rand();
	}
}

enum kernel { HASH16, HASH40, MATCH };

static double measure(const struct kernels *kernels, enum kernel kernel)
{
	static uint64_t hashes[KEYS];
	static uint32_t ids[KEYS];
	double ns[ROUNDS];

	for (unsigned round = 0; round < ROUNDS; round++) {
		double began = bench_now_ns();
		for (unsigned i = 0; i < REPEATS; i++) {
			switch (kernel) {
			case HASH16:
				kernels->hash16(&secret, key_at, KEYS, hashes);
				break;
			case HASH40:
				kernels->hash40(&secret, key_at, KEYS, hashes);
				break;
			case MATCH:
				kernels->match(line_at, tags, KEYS, ids);
				break;
			}
		}
		ns[round] = (bench_now_ns() - began) / (REPEATS * KEYS);
	}
	return bench_median(ns, ROUNDS);
}

int main(void)
{
	const struct kernels *kernels;

	prepare();
	printf("%-12s %8s %8s %8s   ns a key, median of %d\n", "variant", "hash16", "hash40",
		"match", ROUNDS);
	for (unsigned i = 0; (kernels = kernels_at(i)) != NULL; i++) {
		if (kernels->is_supported()) {
			printf("%-12s %8.2f %8.2f %8.2f\n", kernels->name, measure(kernels, HASH16),
				measure(kernels, HASH40), measure(kernels, MATCH));
		}
	}
	return 0;
}

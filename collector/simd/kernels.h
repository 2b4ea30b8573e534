/* Kernels: the loops of the packet path that an instruction set makes faster. This struct is the
 * whole surface.
 *
 * A variant computes exactly what its reference computes, bit for bit; tests hold every variant
 * this machine can run against its reference. Two hash functions exist, both keyed: four rounds of
 * AES where the machine has an instruction for a round, and two wide multiplications where it has
 * none. A table must stay with the kernels it began with.
 *
 * Memory   none: everything is the caller's.
 * Threads  any.
 * Failure  none; kernels_find() knows what this machine cannot run. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* One cache line of the flow index: tags are a byte of each key's hash, 0 for an empty place.
 * Filled from the front. */
enum { KERNEL_LINE_PLACES = 12 };

struct kernel_line {
	uint8_t tags[KERNEL_LINE_PLACES];
	uint32_t next; /* where keys go on that found no place here; the owner's business */
	uint32_t ids[KERNEL_LINE_PLACES];
};

_Static_assert(sizeof(struct kernel_line) == 64, "one cache line");

/* What an attacker must not know: random words, the same for every key of a table. */
enum { KERNEL_SECRET_WORDS = 18 };

struct kernel_secret {
	_Alignas(16) uint64_t words[KERNEL_SECRET_WORDS];
};

enum { KERNEL_NO_ID = UINT32_MAX };

struct kernels {
	const char *name;                /* what --cpu says */
	const struct kernels *reference; /* computes the same in plain C; NULL where this is it */
	bool (*is_supported)(void);

	/* Keys of 16 and of 40 bytes, anywhere in memory, to 64 bits each. */
	void (*hash16)(const struct kernel_secret *secret, const void *const *keys, unsigned count,
		uint64_t *hashes);
	void (*hash40)(const struct kernel_secret *secret, const void *const *keys, unsigned count,
		uint64_t *hashes);

	/* The id at the first place of lines[i] that carries tags[i], or KERNEL_NO_ID. */
	void (*match)(const struct kernel_line *const *lines, const uint8_t *tags, unsigned count,
		uint32_t *ids);
};

/* The variant of that name; NULL name: the best this machine can run. NULL where there is none of
 * that name or this machine cannot run it. */
const struct kernels *kernels_find(const char *name);

/* All variants of this build, best first, supported here or not; NULL past the last. */
const struct kernels *kernels_at(unsigned index);

/* The variants themselves; only dispatch.c and tests name them. */
extern const struct kernels kernels_scalar, kernels_aes_scalar, kernels_aesni, kernels_neon;

/* How many different things were seen: exactly up to a bound, estimated beyond it.
 *
 * Counts 64-bit hashes. Up to DISTINCT_EXACT_MAX they are kept; then a HyperLogLog of 4,096
 * registers takes over (Flajolet et al., 2007; standard error 1.6 %) and the answer is marked as an
 * estimate. Memory grows from 0 to 8 KiB. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { DISTINCT_EXACT_MAX = 512 };

struct distinct {
	uint32_t count, slots; /* kept hashes and room for them (a power of two) */
	uint64_t *hashes;      /* open addressing; 0 is an empty slot */
	uint8_t *registers;    /* once estimating; hashes is then NULL */
};

/* A zeroed struct is an empty counter. hash must be well mixed (base/hash.h). Out of memory leaves
 * the count as it is. */
void distinct_add(struct distinct *distinct, uint64_t hash);
/* As if all that was added to from had been added to to. */
void distinct_merge(struct distinct *to, const struct distinct *from);
uint64_t distinct_count(const struct distinct *distinct);
bool distinct_is_estimated(const struct distinct *distinct);
void distinct_deinit(struct distinct *distinct);

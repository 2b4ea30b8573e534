/* Name tails: can a host name lead to any of the names that rules ask about?
 *
 * A name that is below another one ends like it. So the last bytes of what is asked about are kept
 * as bits, and a name that ends otherwise need not be looked at: nearly all names. "Maybe" may be
 * wrong, "no" never is.
 *
 * Memory   16 kB, within the policy.
 * Threads  any number may ask once all are added.
 * Cost     of a question ten instructions or so. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { NAME_TAIL = 8, NAME_TAIL_BITS = 16, NAME_TAIL_WORDS = 1 << (NAME_TAIL_BITS - 6) };

struct name_tails {
	bool has_long, has_short; /* names of two tails or more, and of one */
	bool may_be_any;          /* some are shorter still */
	uint64_t of_long[NAME_TAIL_WORDS], of_short[NAME_TAIL_WORDS];
};

void name_tails_add(struct name_tails *tails, const char *name, size_t length);

static inline uint64_t name_tail_word(const char *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	return word;
}

/* Which bit stands for the end of a name: of its last tail, or of its last two. */
static inline uint32_t name_tail_bit(const char *end, bool is_long)
{
	uint64_t word = name_tail_word(end - NAME_TAIL) * UINT64_C(0x9e3779b97f4a7c15);

	if (is_long) {
		word += name_tail_word(end - 2 * NAME_TAIL) * UINT64_C(0xd6e8feb86659fd93);
	}
	return (uint32_t)(word >> (64 - NAME_TAIL_BITS));
}

static inline bool name_tails_maybe(const struct name_tails *tails, const char *name, size_t length)
{
	const char *end = name + length;

	if (tails->has_long && length >= 2 * NAME_TAIL) {
		uint32_t bit = name_tail_bit(end, true);
		if (tails->of_long[bit / 64] >> bit % 64 & 1) {
			return true;
		}
	}
	if (tails->has_short && length >= NAME_TAIL) {
		uint32_t bit = name_tail_bit(end, false);
		if (tails->of_short[bit / 64] >> bit % 64 & 1) {
			return true;
		}
	}
	return tails->may_be_any;
}

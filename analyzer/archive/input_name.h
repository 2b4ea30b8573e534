/* The name under which the analysis of files writes to a store: "file-" and the hash of what they
 * hold, so that the same input is the same sensor, wherever it lies and whatever it is called.
 *
 * SHA-256 over all of a file up to INPUT_WHOLE_BYTES. Of a larger one over its length, its first
 * and last INPUT_END_BYTES and INPUT_SAMPLES pieces between them, evenly spread: hashing the whole
 * would take longer than the analysis, and with a time in each packet no two captures agree in all
 * of these. A file that was changed by hand between the pieces, in place, keeps its name.
 *
 * Standard input and other things that cannot be read twice have no such name and are refused. */
#pragma once

#include "base/err.h"
#include "base/hash.h"

enum {
	INPUT_NAME_BYTES = 40,
	INPUT_WHOLE_BYTES = 16 << 20,
	INPUT_END_BYTES = 64 << 10,
	INPUT_SAMPLES = 128,
	INPUT_SAMPLE_BYTES = 4096
};

/* key, unless it is NULL: a secret as good as the input, of the half of the digest that the name
 * does not show. 0 or -errno. */
int input_name(const char *const *paths, unsigned count, char name[INPUT_NAME_BYTES],
	struct hash_key *key, struct err *err);

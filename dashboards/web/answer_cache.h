/* The latest answers to questions, as long as the source has not grown: every page that is open
 * asks the same.
 *
 * Memory   ANSWER_CACHE_MOST answers of at most ANSWER_CACHE_BYTES each, the oldest gives way; a
 *          longer one is not kept.
 * Threads  any. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

enum { ANSWER_CACHE_MOST = 64, ANSWER_CACHE_BYTES = 128 * 1024 };

struct answer_cache;

struct answer_cache *answer_cache_create(void); /* NULL: out of memory */
void answer_cache_destroy(struct answer_cache *cache);

/* Appends the answer to the key's question of that version of the source; false: there is none. */
bool answer_cache_find(
	struct answer_cache *cache, const char *key, uint64_t version, struct text *answer);
void answer_cache_put(
	struct answer_cache *cache, const char *key, uint64_t version, const struct text *answer);

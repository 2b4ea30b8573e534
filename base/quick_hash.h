/* A quick hash without a secret, for tables whose contents must be the same in every run over the
 * same file. Whoever contrives collisions makes such a table forget a few entries sooner, no more:
 * its sets are small and searched whole. For maps that must not slow down, base/hash.h. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/addr.h"

/* Two multiplications a word. */
static inline uint64_t quick_hash(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * UINT64_C(0xbf58476d1ce4e5b9);
	hash = (hash ^ hash >> 29) * UINT64_C(0x94d049bb133111eb);
	return hash ^ hash >> 32;
}

static inline uint64_t quick_hash_addr(uint64_t hash, const struct addr *addr)
{
	uint64_t words[2];

	memcpy(words, addr->bytes, sizeof(words));
	return quick_hash(quick_hash(hash, words[0]), words[1]);
}

/* Eight bytes at once; the length is part of it. */
static inline uint64_t quick_hash_bytes(uint64_t hash, const void *bytes, size_t left)
{
	const uint8_t *at = bytes;

	hash = quick_hash(hash, left);
	while (left > 0) {
		size_t part = left < 8 ? left : 8;
		uint64_t word = 0;
		memcpy(&word, at, part);
		hash = quick_hash(hash, word);
		at += part;
		left -= part;
	}
	return hash;
}

static inline uint64_t quick_hash_text(uint64_t hash, const char *text)
{
	return quick_hash_bytes(hash, text, strlen(text));
}

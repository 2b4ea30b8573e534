#include "geo/intern.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

/* What is interned comes from files of the operator's, not from the wire, and the compiled file
 * should be the same on every run: a fixed key. */
static const struct hash_key intern_key = { { UINT64_C(0x626f72646572666c),
	UINT64_C(0x6f772d67656f2d31) } };

enum { INTERN_SLOTS_LEAST = 1024 };

void intern_deinit(struct intern *intern)
{
	free(intern->bytes);
	free(intern->ends);
	free(intern->slots);
	*intern = (struct intern){ 0 };
}

static uint32_t *find_slot(const struct intern *intern, const void *bytes, size_t count)
{
	uint32_t at = (uint32_t)hash_bytes(&intern_key, bytes, count) & (intern->slot_count - 1);

	for (;; at = (at + 1) & (intern->slot_count - 1)) {
		uint32_t number = intern->slots[at];
		if (number == 0) {
			return &intern->slots[at];
		}
		uint32_t start = intern_offset(intern, number - 1);
		if (intern->ends[number - 1] - start == count &&
			memcmp(intern->bytes + start, bytes, count) == 0) {
			return &intern->slots[at];
		}
	}
}

/* Twice the slots, and the ends to go with them; slots stay at most half full. */
static bool grow_slots(struct intern *intern)
{
	uint32_t slot_count = intern->slot_count ? 2 * intern->slot_count : INTERN_SLOTS_LEAST;

	if (slot_count > UINT32_C(1) << 30) {
		return false;
	}
	uint32_t *ends = realloc(intern->ends, slot_count / 2 * sizeof(*ends));
	if (!ends) {
		return false;
	}
	intern->ends = ends;
	uint32_t *slots = calloc(slot_count, sizeof(*slots));
	if (!slots) {
		return false;
	}
	free(intern->slots);
	intern->slots = slots;
	intern->slot_count = slot_count;
	for (uint32_t i = 0; i < intern->count; i++) {
		uint32_t start = intern_offset(intern, i);
		*find_slot(intern, intern->bytes + start, intern->ends[i] - start) = i + 1;
	}
	return true;
}

static bool grow_bytes(struct intern *intern, size_t count)
{
	size_t needed = intern->length + count;

	if (needed > UINT32_MAX - 1) {
		return false;
	}
	if (needed > intern->capacity) {
		size_t capacity = needed * 2 + 4096;
		char *bytes = realloc(intern->bytes, capacity);
		if (!bytes) {
			return false;
		}
		intern->bytes = bytes;
		intern->capacity = capacity;
	}
	return true;
}

uint32_t intern_put(struct intern *intern, const void *bytes, size_t count)
{
	if (intern->count >= intern->slot_count / 2 && !grow_slots(intern)) {
		return INTERN_FULL;
	}
	uint32_t *slot = find_slot(intern, bytes, count);
	if (*slot) {
		return *slot - 1;
	}
	if (!grow_bytes(intern, count)) {
		return INTERN_FULL;
	}
	memcpy(intern->bytes + intern->length, bytes, count);
	intern->length += count;
	intern->ends[intern->count] = (uint32_t)intern->length;
	*slot = ++intern->count;
	return *slot - 1;
}

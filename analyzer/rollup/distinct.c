#include "analyzer/rollup/distinct.h"

#include <math.h>
#include <stdlib.h>

enum { REGISTER_BITS = 12, REGISTER_COUNT = 1 << REGISTER_BITS };

static void registers_add(uint8_t *registers, uint64_t hash)
{
	uint64_t rest = hash << REGISTER_BITS | UINT64_C(1) << (REGISTER_BITS - 1);
	uint8_t rank = (uint8_t)(__builtin_clzll(rest) + 1);
	uint8_t *at = &registers[hash >> (64 - REGISTER_BITS)];

	if (*at < rank) {
		*at = rank;
	}
}

/* True where the hash is new and was put in. */
static bool slots_add(uint64_t *hashes, uint32_t slots, uint64_t hash)
{
	uint32_t at = (uint32_t)hash & (slots - 1);

	while (hashes[at] != 0) {
		if (hashes[at] == hash) {
			return false;
		}
		at = (at + 1) & (slots - 1);
	}
	hashes[at] = hash;
	return true;
}

static bool grow(struct distinct *distinct)
{
	uint32_t slots = distinct->slots ? distinct->slots * 2 : 8;
	uint64_t *hashes = calloc(slots, sizeof(*hashes));

	if (!hashes) {
		return false;
	}
	for (uint32_t i = 0; i < distinct->slots; i++) {
		if (distinct->hashes[i] != 0) {
			slots_add(hashes, slots, distinct->hashes[i]);
		}
	}
	free(distinct->hashes);
	distinct->hashes = hashes;
	distinct->slots = slots;
	return true;
}

static void start_estimating(struct distinct *distinct)
{
	uint8_t *registers = calloc(REGISTER_COUNT, 1);

	if (!registers) {
		return;
	}
	for (uint32_t i = 0; i < distinct->slots; i++) {
		if (distinct->hashes[i] != 0) {
			registers_add(registers, distinct->hashes[i]);
		}
	}
	free(distinct->hashes);
	distinct->hashes = NULL;
	distinct->slots = 0;
	distinct->registers = registers;
}

void distinct_add(struct distinct *distinct, uint64_t hash)
{
	hash += hash == 0;
	if (distinct->registers) {
		registers_add(distinct->registers, hash);
		return;
	}
	if (distinct->count * 2 >= distinct->slots && !grow(distinct)) {
		return;
	}
	if (slots_add(distinct->hashes, distinct->slots, hash)) {
		distinct->count++;
		if (distinct->count > DISTINCT_EXACT_MAX) {
			start_estimating(distinct);
		}
	}
}

void distinct_merge(struct distinct *to, const struct distinct *from)
{
	for (uint32_t i = 0; i < from->slots; i++) {
		if (from->hashes[i] != 0) {
			distinct_add(to, from->hashes[i]);
		}
	}
	if (from->registers && !to->registers) {
		start_estimating(to);
	}
	for (unsigned i = 0; from->registers && to->registers && i < REGISTER_COUNT; i++) {
		if (to->registers[i] < from->registers[i]) {
			to->registers[i] = from->registers[i];
		}
	}
}

uint64_t distinct_count(const struct distinct *distinct)
{
	double sum = 0;
	unsigned empty = 0;

	if (!distinct->registers) {
		return distinct->count;
	}
	for (unsigned i = 0; i < REGISTER_COUNT; i++) {
		sum += ldexp(1, -distinct->registers[i]);
		empty += distinct->registers[i] == 0;
	}
	double estimate =
		0.7213 / (1 + 1.079 / REGISTER_COUNT) * REGISTER_COUNT * REGISTER_COUNT / sum;
	if (estimate <= 2.5 * REGISTER_COUNT && empty > 0) {
		estimate = REGISTER_COUNT * log((double)REGISTER_COUNT / empty);
	}
	return (uint64_t)(estimate + 0.5);
}

bool distinct_is_estimated(const struct distinct *distinct)
{
	return distinct->registers != NULL;
}

void distinct_deinit(struct distinct *distinct)
{
	free(distinct->hashes);
	free(distinct->registers);
	*distinct = (struct distinct){ 0 };
}

#include "analyzer/archive/addr_numbers.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/archive/record_block.h"
#include "base/hash.h"

/* Half of the slots stay free. */
enum { SLOTS = 2 * RECORD_BLOCK_RECORDS };

_Static_assert((SLOTS & (SLOTS - 1)) == 0, "slots are found by a mask");
_Static_assert((int)RECORD_BLOCK_RECORDS <= (int)UINT16_MAX, "a number fits its slot");

struct addr_numbers {
	struct hash_key key;
	uint32_t count;
	struct addr waiting[ADDR_NUMBERS_TOGETHER];
	uint16_t slots[SLOTS];                   /* the number; 0: free */
	struct addr addrs[RECORD_BLOCK_RECORDS]; /* written before they are read */
};

struct addr_numbers *addr_numbers_create(void)
{
	struct addr_numbers *numbers = malloc(sizeof(*numbers));

	if (numbers) {
		memset(numbers, 0, offsetof(struct addr_numbers, addrs));
		numbers->key = hash_key_random();
	}
	return numbers;
}

void addr_numbers_destroy(struct addr_numbers *numbers)
{
	free(numbers);
}

void addr_numbers_clear(struct addr_numbers *numbers)
{
	if (numbers->count > 0) {
		memset(numbers->slots, 0, sizeof(numbers->slots));
	}
	numbers->count = 0;
}

static uint32_t number_of(struct addr_numbers *numbers, uint64_t slot, const struct addr *addr)
{
	uint32_t number;

	for (; (number = numbers->slots[slot % SLOTS]) != 0; slot++) {
		if (addr_equal(&numbers->addrs[number - 1], addr)) {
			return number;
		}
	}
	numbers->addrs[numbers->count] = *addr;
	numbers->slots[slot % SLOTS] = (uint16_t)++numbers->count;
	return numbers->count;
}

void addr_numbers_wait(struct addr_numbers *numbers, unsigned place, const struct addr *addr)
{
	numbers->waiting[place] = *addr;
}

void addr_numbers_take(struct addr_numbers *numbers, uint64_t *numbered, unsigned count)
{
	const struct addr *addrs = numbers->waiting;
	uint64_t hashes[ADDR_NUMBERS_TOGETHER];

	for (unsigned i = 0; i < count; i++) {
		hashes[i] = hash_bytes_fast(&numbers->key, addrs[i].bytes, sizeof(addrs[i].bytes));
		__builtin_prefetch(&numbers->slots[hashes[i] % SLOTS]);
	}
	for (unsigned i = 0; i < count; i++) {
		uint32_t number = numbers->slots[hashes[i] % SLOTS];
		__builtin_prefetch(&numbers->addrs[number > 0 ? number - 1 : numbers->count]);
	}
	for (unsigned i = 0; i < count; i++) {
		numbered[i] = numbered[i] ? number_of(numbers, hashes[i], &addrs[i]) : 0;
	}
}

uint32_t addr_numbers_count(const struct addr_numbers *numbers)
{
	return numbers->count;
}

const struct addr *addr_numbers_all(const struct addr_numbers *numbers)
{
	return numbers->addrs;
}

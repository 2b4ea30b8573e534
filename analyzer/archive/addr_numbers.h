/* The addresses of a column as small numbers in order of first use, from 1.
 *
 * Nearly every record of a scan has one that no other has: so this is a table of its own, of
 * addresses side by side. What a batch of them needs is fetched together, and they are written down
 * all at once (record_cbor_put_addrs()).
 *
 * Memory   170 KB for the RECORD_BLOCK_RECORDS that a block can have; nothing is allocated later.
 * Threads  one at a time. */
#pragma once

#include <stdint.h>

#include "base/addr.h"

struct addr_numbers;

struct addr_numbers *addr_numbers_create(void); /* NULL: out of memory */
void addr_numbers_destroy(struct addr_numbers *numbers);
void addr_numbers_clear(struct addr_numbers *numbers);

/* Addresses wait for their numbers, each at a place, until all are asked for: what is not 0 of so
 * many numbers becomes that of the address at its place. No more than RECORD_BLOCK_RECORDS
 * different ones between two clears. */
enum { ADDR_NUMBERS_TOGETHER = 64 };
void addr_numbers_wait(struct addr_numbers *numbers, unsigned place, const struct addr *addr);
void addr_numbers_take(struct addr_numbers *numbers, uint64_t *numbered, unsigned count);

/* How many have a number; and they, in its order. */
uint32_t addr_numbers_count(const struct addr_numbers *numbers);
const struct addr *addr_numbers_all(const struct addr_numbers *numbers);

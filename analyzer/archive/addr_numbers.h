/* The addresses of a column as small numbers in order of first use, from 1.
 *
 * Nearly every record of a scan has one that no other has: so this is a table of its own, of
 * addresses side by side, and they are written down all at once (record_cbor_put_addrs()).
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

/* At most RECORD_BLOCK_RECORDS different ones between two clears. */
uint32_t addr_numbers_of(struct addr_numbers *numbers, const struct addr *addr);

/* How many have a number; and they, in its order. */
uint32_t addr_numbers_count(const struct addr_numbers *numbers);
const struct addr *addr_numbers_all(const struct addr_numbers *numbers);

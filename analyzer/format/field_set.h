/* Which fields of records are asked for, so that whoever reads them need not make the others.
 *
 * Threads  any; a value. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/format/fields.h"

/* Bits by the keys of archived fields. */
struct field_set {
	uint64_t bits[4];
};

#define FIELD_SET_ALL ((struct field_set){ { UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX } })
bool field_set_is_all(const struct field_set *set);

/* Adds an archived field, and nothing that it follows from. */
void field_set_add_alone(struct field_set *set, const struct field *field);

/* Adds what the value of a field follows from: itself where it is archived, and what its getter
 * reads. Of a getter that field_set.c does not know that is everything. */
void field_set_add(struct field_set *set, const struct field *field);

/* Adds what record_knows_bytes() reads. */
void field_set_add_bytes(struct field_set *set);
void field_set_add_all(struct field_set *set, const struct field_set *others);

static inline bool field_set_has(const struct field_set *set, uint32_t key)
{
	return key < FIELD_NO_KEY && (set->bits[key / 64] >> key % 64 & 1);
}

#include "analyzer/record/reference.h"

#include <stdatomic.h>
#include <stdlib.h>

struct reference_holders {
	atomic_uint count;
	void (*close)(const struct reference *parts);
	struct reference reference; /* the one that all of them hold */
};

const struct reference *reference_create(
	const struct reference *parts, void (*close)(const struct reference *parts))
{
	static atomic_uint_fast64_t versions;
	struct reference_holders *holders = calloc(1, sizeof(*holders));

	if (!holders) {
		return NULL;
	}
	holders->count = 1;
	holders->close = close;
	holders->reference = *parts;
	holders->reference.version = atomic_fetch_add(&versions, 1) + 1;
	holders->reference.holders = holders;
	return &holders->reference;
}

const struct reference *reference_acquire(const struct reference *reference)
{
	if (reference && reference->holders) {
		atomic_fetch_add_explicit(&reference->holders->count, 1, memory_order_relaxed);
	}
	return reference;
}

void reference_release(const struct reference *reference)
{
	struct reference_holders *holders = reference ? reference->holders : NULL;

	if (holders && atomic_fetch_sub_explicit(&holders->count, 1, memory_order_acq_rel) == 1) {
		holders->close(&holders->reference);
		free(holders);
	}
}

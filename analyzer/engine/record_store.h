/* Records that wait on disk: a file without a name in $TMPDIR, in places of one size, each with the
 * place of the record that was stored before it in the same chain. What is in use is what waits
 * now, however long a capture is.
 *
 * Memory   4 bytes a place.
 * Threads  one.
 * Failure  opening and putting: -errno and a sentence. */
#pragma once

#include <stdint.h>

#include "analyzer/record/record.h"
#include "base/err.h"

struct record_store;

#define RECORD_STORE_NONE UINT32_MAX

int record_store_create(struct record_store **store, struct err *err);
void record_store_destroy(struct record_store *store);

/* A copy of the record behind another one of its chain (RECORD_STORE_NONE: the first). */
int record_store_put(struct record_store *store, const struct record *record, uint32_t before,
	uint32_t *place, struct err *err);

/* Reads a record back, frees its place, and says which one stands before it. */
int record_store_take(struct record_store *store, uint32_t place, struct record *record,
	uint32_t *before, struct err *err);

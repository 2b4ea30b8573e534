/* The records of one block of the archive, field by field (columns.h): numbers as they are, all
 * else as the number of an entry, which is the field's value in CBOR (flow-record.cddl).
 *
 * Every packet of a scan is a record, so this is where much of an export's time would go. Each row
 * of the field table becomes a few instructions of its own (field_rows.h), and the entry of a word,
 * a code or a set of evidence is known again when the same comes again in the block.
 *
 * Memory   some 5 MB, and what its entries need; record_block_clear() keeps it for reuse.
 * Threads  one at a time.
 * Failure  out of memory sets failed, which sticks until the block is cleared. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "analyzer/archive/columns.h"
#include "analyzer/format/record_labels.h"
#include "analyzer/record/record.h"

enum { RECORD_BLOCK_RECORDS = 8192 };

struct record_block;

struct record_block *record_block_create(void); /* NULL: out of memory */
void record_block_destroy(struct record_block *block);

/* Begins an empty block. */
void record_block_clear(struct record_block *block);

/* Adds the part of a flow, to a block that is not full. A text of labels must not become another at
 * the same address before record_block_forget(): texts are known again by where they stand. */
void record_block_put(struct record_block *block, const struct record *record,
	const struct record_labels *labels);
void record_block_forget(struct record_block *block);

bool record_block_is_full(const struct record_block *block);
bool record_block_has_failed(const struct record_block *block);

/* Appends the block as it is compressed, and says where it is to be cut. */
void record_block_content(
	struct record_block *block, struct cbor_writer *content, struct columns_cuts *cuts);

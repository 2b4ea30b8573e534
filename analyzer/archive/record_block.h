/* The records of one block of the archive: CBOR maps (flow-record.cddl), and the labels that they
 * name by number.
 *
 * Every packet of a scan is a record, so this is where much of an export's time would go. Each row
 * of the field table becomes a few instructions of its own (field_rows.h), and what was written for
 * a word, a code or a set of evidence is kept and copied when the same comes again in the block.
 *
 * Memory   grows with the block; record_block_clear() keeps it for reuse.
 * Threads  one at a time.
 * Failure  out of memory sets failed, which sticks until the block is cleared. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "analyzer/record/record.h"
#include "analyzer/format/cbor_writer.h"
#include "analyzer/format/record_labels.h"

struct record_block;

struct record_block *record_block_create(void); /* NULL: out of memory */
void record_block_destroy(struct record_block *block);

/* Begins an empty block. */
void record_block_clear(struct record_block *block);

/* Adds the part of a flow. A text of labels must not become another at the same address before
 * record_block_forget(): texts are known again by where they stand. */
void record_block_put(struct record_block *block, const struct record *record,
	const struct record_labels *labels);
void record_block_forget(struct record_block *block);

/* Of the records so far, without their labels. */
size_t record_block_bytes(const struct record_block *block);
bool record_block_has_failed(const struct record_block *block);

/* Appends the block as it is compressed: the list of labels, then the records. */
void record_block_content(const struct record_block *block, struct cbor_writer *content);

/* Cells in CBOR (rollup.cddl): what a roll-up block of the archive holds.
 *
 * A cell is a map with numbers for keys; ids and other words stand in a dictionary of the block, so
 * that a cell stays readable when catalogue and policy change. What is zero is left out. Devices
 * are written where their hashes may leave the process (device_hash.h); where they are not, how
 * many there were is not known to whoever reads the cell.
 *
 * Failure  a malformed cell, or words that this version does not know: false. Keys that it does not
 *          know are passed over. */
#pragma once

#include <stdbool.h>

#include "analyzer/format/cbor_reader.h"
#include "analyzer/format/cbor_writer.h"
#include "analyzer/format/dictionary.h"
#include "analyzer/rollup/cell.h"

void cell_cbor_put(struct cbor_writer *writer, struct dictionary *dictionary,
	const struct cell *cell, bool with_devices);

/* Fills an empty cell, whose devices are the caller's to free. words: the block's. */
bool cell_cbor_read(struct cbor_reader *reader, const char *const *words, uint32_t word_count,
	struct cell *cell);

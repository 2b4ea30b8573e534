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

/* How a member of the key is written: as a number, true, or a word. */
enum cell_form {
	FORM_NUMBER,
	FORM_BOOL,
	FORM_UNIT,
	FORM_CLASS,
	FORM_APP,
	FORM_RULE,
	FORM_RULE_EXCEPTION,
	FORM_COUNTRY,
	FORM_ZONE,
	FORM_ACTION,
	FORM_VERDICT,
	FORM_BLOCK,
	FORM_HIDDEN,
	FORM_DIRECTION,
	FORM_VIA,
	FORM_PROTOCOL
};

/* Keys of what the cell holds, behind those of CELL_FIELDS. */
enum cell_value {
	VALUE_FLOWS = 32,
	VALUE_PACKETS,
	VALUE_BYTES_UP,
	VALUE_BYTES_DOWN,
	VALUE_FIRST,
	VALUE_LAST,
	VALUE_EVIDENCE,
	VALUE_GROUNDS,
	VALUE_CONFIDENCE_LEAST,
	VALUE_CONFIDENCE_MOST,
	VALUE_DEVICES,   /* hash, bytes, hash, bytes … */
	VALUE_REGISTERS, /* then VALUE_DEVICES are the heaviest */
	VALUE_UNSEEN_UP,
	VALUE_UNSEEN_DOWN,
	VALUE_FIRST_S, /* in columns: the same in seconds since 1970 */
	VALUE_LAST_S,
	VALUE_KEY,          /* in keyed columns (cell_columns.h): the number of the key … */
	VALUE_FLOWS_OVER,   /* steps from how many devices there are */
	VALUE_PACKETS_OVER, /* steps from how many KiB there are */
	VALUE_FIRST_STEP,   /* five minutes since 1970 */
	VALUE_LAST_STEP,    /* steps from there */
	VALUE_DEVICE,       /* the number of the first device, and its share */
	VALUE_SHARE
};

/* The word of a member, in memory where it is made; "" none. And back; false where this version
 * does not know it. */
const char *cell_word_of(enum cell_form form, uint32_t value, char memory[3]);
bool cell_value_of(enum cell_form form, const char *word, uint32_t *value);

void cell_cbor_put(struct cbor_writer *writer, struct dictionary *dictionary,
	const struct cell *cell, bool with_devices);

/* Fills an empty cell, whose devices are the caller's to free. words: the block's. */
bool cell_cbor_read(struct cbor_reader *reader, const char *const *words, uint32_t word_count,
	struct cell *cell);

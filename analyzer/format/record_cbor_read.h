/* Records of the archive out of CBOR: those of earlier builds, a map each, and the values that
 * columns say once (record_columns.h).
 *
 * Unknown keys are stepped over (a newer version wrote them), a value of another type than the
 * field's is an error, and so is everything the CBOR reader refuses. */
#pragma once

#include "analyzer/format/cbor_reader.h"
#include "analyzer/format/fields.h"

/* How the values of a key are read: made once of the field table. */
struct record_cbor_key {
	const struct field *field;
	uint16_t offset;    /* of the member, in the record or its labels */
	uint8_t way, bytes; /* way: of record_cbor_read.c; 0: stepped over */
};

struct record_cbor_keys {
	struct record_cbor_key keys[FIELD_NO_KEY + 1];
};

void record_cbor_keys_init(struct record_cbor_keys *keys);

/* Which number of its field's names a word of the block is. */
enum { CBOR_KNOWN_WORDS = 8 };

struct cbor_known_word {
	uint32_t word; /* its number in the block, and one; 0 none */
	uint32_t name;
};

/* The labels of a block, and memory for what a record's labels and lists point to. */
struct cbor_labels {
	const char *const *labels; /* by number; each ends with a NUL */
	uint32_t count;
	char *memory; /* for texts that end with a NUL; good as long as the record */
	size_t memory_bytes, memory_used;
	struct cbor_known_word known[FIELD_NO_KEY][CBOR_KNOWN_WORDS]; /* by key; zeroed at first */
};

/* Fills record and labels from the next map of a block of the archive. False where it is malformed;
 * record and labels are then not to be used. */
bool record_cbor_read(const struct record_cbor_keys *keys, struct cbor_reader *reader,
	struct cbor_labels *block, struct record *record, struct record_labels *labels);

/* The same for one value of a field with that key. */
bool record_cbor_read_value(const struct record_cbor_keys *keys, uint8_t key,
	struct cbor_reader *reader, struct cbor_labels *block, struct record *record,
	struct record_labels *labels);
/* What the archive leaves out because it follows from the rest. */
void record_cbor_complete(struct record *record);

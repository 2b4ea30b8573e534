/* A record as one CBOR map with small numbers for keys (flow-record.cddl), and back.
 *
 * Files carry the exported fields with every word written out; the archive carries what a record is
 * made of, with labels as numbers of a dictionary that stands before the records of a block
 * (record_block.h writes those).
 *
 * Reading: unknown keys are stepped over (a newer version wrote them), a value of another type than
 * the field's is an error, and so is everything the CBOR reader refuses. */
#pragma once

#include <stdbool.h>

#include "analyzer/format/cbor_reader.h"
#include "analyzer/format/cbor_writer.h"
#include "analyzer/format/dictionary.h"
#include "analyzer/format/fields.h"

/* RFC 9164: an IPv4 or IPv6 address. */
enum { CBOR_TAG_IPV4 = 52, CBOR_TAG_IPV6 = 54 };

/* A record as files have it: the exported fields. */
void record_cbor_put(struct cbor_writer *writer, const struct field_view *view);

/* One key and its value. dictionary: of an archive's block, whose labels are numbers and whose
 * texts keep their bytes; NULL as files have it: all written out, in UTF-8. */
void record_cbor_put_value(struct cbor_writer *writer, struct dictionary *dictionary,
	const struct field *field, const struct field_value *value);

/* The archived fields by key; NULL: none of them. */
struct record_cbor_keys {
	const struct field *fields[FIELD_NO_KEY];
};

void record_cbor_keys_init(struct record_cbor_keys *keys);

/* The labels of a block, and memory for what a record's labels and lists point to. */
struct cbor_labels {
	const char *const *labels; /* by number; each ends with a NUL */
	uint32_t count;
	char *memory; /* for texts that end with a NUL; good as long as the record */
	size_t memory_bytes, memory_used;
};

/* Fills record and labels from the next map of a block of the archive. False where it is malformed;
 * record and labels are then not to be used. */
bool record_cbor_read(const struct record_cbor_keys *keys, struct cbor_reader *reader,
	struct cbor_labels *block, struct record *record, struct record_labels *labels);

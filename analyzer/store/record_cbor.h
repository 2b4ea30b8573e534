/* A record as one CBOR map with small numbers for keys (flow-record.cddl), and back.
 *
 * Files carry the exported fields with every word written out; the archive carries what a record is
 * made of, with words as numbers of a dictionary that stands before the records of a block.
 *
 * Reading: unknown keys are stepped over (a newer version wrote them), a value of another type than
 * the field's is an error, and so is everything the CBOR reader refuses. */
#pragma once

#include <stdbool.h>

#include "analyzer/store/cbor_reader.h"
#include "analyzer/store/cbor_writer.h"
#include "analyzer/store/dictionary.h"
#include "analyzer/store/fields.h"

/* RFC 9164: an IPv4 or IPv6 address. */
enum { CBOR_TAG_IPV4 = 52, CBOR_TAG_IPV6 = 54 };

/* How records of one form are written: the rows of the field table that belong to it, with what can
 * be said beforehand of how each is read. */
enum { RECORD_CBOR_FIELDS_MAX = 128 };

struct record_cbor_step {
	const struct field *field;
	uint64_t mask; /* of the value's bytes in the eight that begin at offset */
	uint16_t offset;
	uint8_t key, access; /* which of the ways to the value is this field's */
	bool may_be_zero;    /* written even then */
};

struct record_cbor_plan {
	enum field_form form;
	unsigned count;
	uint8_t step_of_key[256]; /* place in steps + 1; 0 none */
	struct record_cbor_step steps[RECORD_CBOR_FIELDS_MAX];
};

/* form: FIELD_EXPORTED, or FIELD_ARCHIVED (zeros are left out). */
void record_cbor_plan_init(struct record_cbor_plan *plan, enum field_form form);

/* dictionary NULL: words are written out. */
void record_cbor_put(const struct record_cbor_plan *plan, struct cbor_writer *writer,
	const struct field_view *view, struct dictionary *dictionary);

/* The words of a block, and memory for what a record's words and lists point to. */
struct cbor_words {
	const char *const *words; /* by number; each ends with a NUL */
	uint32_t count;
	char *memory; /* for texts that end with a NUL; good as long as the record */
	size_t memory_bytes, memory_used;
};

/* plan: of the archived form. Fills record
 * and words from the next map. False where it is malformed; record and words are then
 * not to be used. */
bool record_cbor_read(const struct record_cbor_plan *plan, struct cbor_reader *reader,
	struct cbor_words *block, struct record *record, struct words *words);

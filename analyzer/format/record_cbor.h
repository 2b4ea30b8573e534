/* A record as one CBOR map with small numbers for keys (flow-record.cddl); record_cbor_read.h reads
 * it back.
 *
 * Files carry the exported fields with every word written out; the archive carries what a record is
 * made of, with labels as numbers of a dictionary that stands before the records of a block
 * (record_block.h writes those). */
#pragma once

#include <stdbool.h>

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

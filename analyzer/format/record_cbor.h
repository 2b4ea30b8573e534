/* A record as one CBOR map with small numbers for keys (flow-record.cddl), as files have it: the
 * exported fields, every word written out. */
#pragma once

#include <stdbool.h>

#include "analyzer/format/cbor_writer.h"
#include "analyzer/format/fields.h"

/* RFC 9164: an IPv4 or IPv6 address. */
enum { CBOR_TAG_IPV4 = 52, CBOR_TAG_IPV6 = 54 };

/* An address takes so many bytes: a tag's head, that of four or sixteen bytes, and these. */
static inline size_t record_cbor_addr_bytes(const struct addr *addr)
{
	return addr_is_v4(addr) ? 2 + 1 + 4 : 2 + 1 + 16;
}

void record_cbor_put_addrs(struct cbor_writer *writer, const struct addr *addrs, size_t count);

/* A record as files have it: the exported fields. */
void record_cbor_put(struct cbor_writer *writer, const struct field_view *view);

/* A value without its key. keeps_bytes: as the archive has it, which keeps the bytes of texts that
 * are not UTF-8. */
void record_cbor_put_value(struct cbor_writer *writer, bool keeps_bytes, const struct field *field,
	const struct field_value *value);

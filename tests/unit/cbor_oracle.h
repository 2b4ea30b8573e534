/* What libcbor reads: the judge of analyzer/format/cbor_reader.h. */
#pragma once

#include "analyzer/format/cbor_reader.h"

/* The first item of the bytes; NONE where there is none, and then nothing is read. */
struct cbor_item cbor_oracle_next(const uint8_t *bytes, size_t length, size_t *read);

/* Do both read the same, item by item, up to the same place? */
bool cbor_oracle_agrees(const uint8_t *bytes, size_t length);

/* Inside the filter language: what a value means for a field (a size, a duration, an address, one
 * of the field's labels). */
#pragma once

#include "analyzer/format/query_parse.h"
#include "analyzer/format/query_tokens.h"

/* Reads the token at hand. NULL; or what is expected of a value of the field. A word that the field
 * never has is a fault of the filter. */
const char *query_value_read(struct query_tokens *tokens, const struct field *field,
	enum query_test test, struct query_value *value);

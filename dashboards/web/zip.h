/* gzip (RFC 1952) for answers; the only file that writes it.
 *
 * Threads  any. */
#pragma once

#include <stdbool.h>

#include "base/text.h"

/* Replaces the text by its compressed bytes; false, and the text as it was, where memory is out. */
bool zip_text(struct text *text);

/* The bytes of a whole gzip file, appended to text; false where they are none. */
bool zip_open(const unsigned char *bytes, size_t count, struct text *text);

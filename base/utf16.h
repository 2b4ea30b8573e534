/* UTF-16 (RFC 2781), which spreadsheets write as "Unicode text", to UTF-8. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Does the text begin with UTF-16's mark of byte order? */
bool utf16_is(const char *content, size_t length);

/* The same in UTF-8, from the heap and ended by zero, without the mark; half a pair becomes U+FFFD.
 * NULL: out of memory. */
char *utf16_to_utf8(const char *content, size_t length, size_t *utf8_length);

/* Does a name hold a MAC or our end's IPv4 address among other digits and letters?
 *
 * What stands between hexadecimal digits is left out, and every place among them is looked at:
 * "nest3c5282aabb01a", "3cx52x82xaaxbbx01", "0a-14-01-0dz". So much chance has no other name than
 * what is known: a MAC that a station of ours has, in either order of bytes or of digits, also
 * within an interface identifier (RFC 4291, appendix A) or as decimal numbers, and the address of
 * our end.
 *
 * Threads  any. */
#pragma once

#include <stdbool.h>

#include "analyzer/redact/name_spelling.h"

/* folded: as name_fold() gives it. */
bool name_holds_digits(const char *folded, const struct name_owner *owner);

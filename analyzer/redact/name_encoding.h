/* Does a name hold our end's address in a form that only that address has?
 *
 * The other half of name_spelling.h: what many ordinary words and numbers look like, and what is
 * therefore compared with the ends of the flow alone. Octets one behind the other (1020113), fewer
 * than four numbers (10.20.269, 10.1310989), letters for its bytes, those of IPv6 and of the MAC
 * among them (base32, base64).
 *
 * Threads  any. */
#pragma once

#include <stdbool.h>

#include "analyzer/redact/name_spelling.h"

/* folded: as name_fold() gives it. */
bool name_encodes_end(const char *folded, const struct name_owner *owner);

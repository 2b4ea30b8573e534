/* Addresses of others where a text is handed on: cut to their networks, /24 and of IPv6 /48, so
 * that nobody's server, and nobody behind it, is named to the address.
 *
 * Threads  any. Memory: none of its own. */
#pragma once

#include "base/addr.h"
#include "base/text.h"

struct prefix addr_cut(const struct addr *addr);

/* The text with every address in it cut, but for those of networks that are nobody else's (RFC
 * 1918, RFC 6598, RFC 4193, link-local, loopback). */
void text_put_cut(struct text *text, const char *from);

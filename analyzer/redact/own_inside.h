/* Addresses of others that hold one of ours: what translators of addresses and tunnels make of an
 * IPv4 address (NAT64: RFC 6052, 8215; 6to4, Teredo, ISATAP), and the multicast address by which a
 * device on the link is asked for (RFC 4291, 2.7.1; RFC 4620, 5), which is the half of its own.
 *
 * Threads  any. */
#pragma once

#include <stdbool.h>

#include "base/addr.h"

struct policy;

bool own_inside(const struct policy *policy, const struct addr *addr);

/* Advertisements of routers (RFC 4861, 4.2): which networks are on the link, and in which domains
 * its machines look for names (RFC 8106, 5.2).
 *
 * Threads  the one that classifies. */
#pragma once

#include "analyzer/classify/own_network.h"

enum { ROUTER_ADVERTISEMENT = 134 };

/* in: behind type and code. Only what was sent on the link counts. */
void router_learn(const struct own_network *own, const struct addr *sender, struct reader in);

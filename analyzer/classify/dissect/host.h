/* The host that an HTTP request of any version asks for.
 *
 * Threads  any; a pure function of its arguments. */
#pragma once

#include <stddef.h>

#include "analyzer/record/l7_info.h"

/* Adds host[:port], with whatever a URI may put before it; an address is not a name, and what no
 * host's name can hold is left out. */
void host_to_l7_info(const char *host, size_t length, struct l7_info *l7);

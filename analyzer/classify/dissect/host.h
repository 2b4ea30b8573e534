/* The host that an HTTP request of any version asks for.
 *
 * Threads  any; a pure function of its arguments. */
#pragma once

#include <stddef.h>

#include "analyzer/classify/clues.h"

/* Adds host[:port], with whatever a URI may put before it; an address is not a name, and what no
 * host's name can hold is left out. */
void host_to_clues(const char *host, size_t length, struct clues *clues);

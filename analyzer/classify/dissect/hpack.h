/* HPACK (RFC 7541): the host that a header block asks for, and nothing else of it.
 *
 * Only the first block of a connection can be read so: later ones speak of what earlier ones said.
 *
 * Threads  any; a pure function of its arguments. */
#pragma once

#include <stddef.h>

#include "base/reader.h"

enum { HPACK_HOST_MAX = 255 };

/* The value of :authority, or of Host where there is none; its length, 0 where neither is there or
 * the block is malformed. The text ends with a NUL. */
size_t hpack_host(struct reader block, char host[HPACK_HOST_MAX + 1]);

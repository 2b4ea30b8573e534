/* HPACK (RFC 7541): the host that a header block asks for, and nothing else of it.
 *
 * Later blocks of a connection speak of what earlier ones said: who follows all of them gives the
 * hosts that were said so far.
 *
 * Threads  any. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/reader.h"

enum { HPACK_HOST_MAX = 255, HPACK_HOSTS = 4, HPACK_HOST_KEPT_MAX = 63 };

/* What a client's blocks have put into the table so far, as far as it is a host: the newest few.
 * Zero at first. */
struct hpack_hosts {
	uint32_t inserted; /* fields of all kinds */
	unsigned next;
	struct hpack_kept {
		uint32_t at; /* the number of its insertion, from 1 on; 0 none */
		uint8_t length;
		char text[HPACK_HOST_KEPT_MAX + 1];
	} kept[HPACK_HOSTS];
};

/* The value of :authority, or of Host where there is none; its length, 0 where neither is there or
 * the block is malformed before it. The text ends with a NUL. */
size_t hpack_host(struct reader block, char host[HPACK_HOST_MAX + 1]);

/* The same of the next block of a connection. *is_lost: it is malformed, and so is what would
 * follow.
 */
size_t hpack_next_host(struct hpack_hosts *hosts, struct reader block,
	char host[HPACK_HOST_MAX + 1], bool *is_lost);

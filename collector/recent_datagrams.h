/* What datagrams said whose last fragment came a moment ago: a fragment that comes once more, with
 * other bytes, is read with the rest of its datagram. One of the two is a decoy.
 *
 * Memory   the struct, zero at first: the beginnings of a few, the newest.
 * Threads  one. */
#pragma once

#include "base/reader.h"
#include "collector/datagrams.h"

enum { RECENT_DATAGRAMS = 8, RECENT_BYTES_MAX = 2048 };

struct recent_datagrams {
	struct recent_datagram {
		struct datagram_key key;
		uint64_t time_ns;
		uint32_t count; /* 0: none */
		uint8_t bytes[RECENT_BYTES_MAX];
	} places[RECENT_DATAGRAMS];
	unsigned next;
};

/* One is whole, or was and is another one now; longer ones are not kept. */
void recent_datagrams_keep(struct recent_datagrams *recent, const struct datagram_key *key,
	uint64_t time_ns, struct reader bytes);

/* The datagram with the fragment's bytes in their place, copied to memory, which has room for
 * `most`; how many bytes. 0 where it is none of them, or says nothing else. */
size_t recent_datagrams_read_with(const struct recent_datagrams *recent,
	const struct datagram_key *key, uint64_t time_ns, uint32_t offset, struct reader fragment,
	uint8_t *memory, size_t most);

/* Bounded memory of first fragments: the ports that their later fragments do not carry.
 *
 * Keyed as reassembly is: source, destination, identification, and for IPv4 the protocol (RFC 791;
 * in RFC 8200 4.5 the protocol is not part of it, because the first fragment may hold further
 * headers); and the context. A newer first fragment with the same key wins, since identifications
 * come round again; an entry older than half a minute of packet time is not believed. When a group
 * of places is full its oldest entry makes room.
 *
 * A later fragment that comes before its first is not held back: it is refused as an orphan (and
 * counted), because holding it would keep packets longer than their batch lives.
 *
 * Memory   taken once by fragments_create(): 512 KiB.
 * Threads  one; belongs to a decoder.
 * Failure  none after creation. The hash is keyed, so that places cannot be aimed at. */
#pragma once

#include <stdint.h>

#include "base/addr.h"

struct fragments;

struct fragment_key {
	struct addr source, destination;
	uint32_t identification;
	uint16_t context;
	uint8_t protocol; /* 0 for IPv6 */
	uint8_t zero;
};

/* What a first fragment tells the later ones: what their keys hold for source and destination. */
struct fragment_start {
	uint16_t port_be[2];
	uint8_t protocol;
};

_Static_assert(sizeof(struct fragment_key) == 40, "hashed as bytes");

struct fragments *fragments_create(void); /* NULL: out of memory */
void fragments_destroy(struct fragments *fragments);

void fragments_remember(struct fragments *fragments, const struct fragment_key *key,
	const struct fragment_start *start, uint64_t now_ns);
/* NULL: not seen, or too long ago. */
const struct fragment_start *fragments_find(
	struct fragments *fragments, const struct fragment_key *key, uint64_t now_ns);

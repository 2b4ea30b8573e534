/* Bounded memory of datagrams that came in fragments: their pieces, until all of them are there,
 * and afterwards which flow they were.
 *
 * Keyed as reassembly is: source, destination, identification, and for IPv4 the protocol (RFC 791;
 * in RFC 8200 4.5 the protocol is not part of it, because the first fragment may hold further
 * headers); and the context. Pieces may come in any order. A piece that came before is counted and
 * nothing more, but for its bytes where they are others: one of the two may be a decoy that the
 * receiver never gets. Pieces that overlap in any other way are not put together at all in IPv6
 * (RFC 5722). In IPv4 one receiver believes the first bytes for a place and another the last, so
 * both are kept. Whoever holds a datagram longer than DATAGRAM_HELD_NS of packet time, or is in the
 * way of newer ones, is to be given up.
 *
 * Memory   taken once by datagrams_create(): 6 MiB, of which only what is used is ever touched.
 * Threads  one; belongs to a decoder.
 * Failure  none after creation. The hash is keyed, so that places cannot be aimed at. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/clock.h"
#include "collector/frame_links.h"
#include "collector/packet.h"

/* Receivers give up between 15 and 60 seconds (RFC 791 3.2, RFC 1122 3.3.2, RFC 8200 4.5). */
#define DATAGRAM_HELD_NS (15 * NS_PER_S)

enum { DATAGRAM_PIECES_MAX = 256, DATAGRAM_BYTES_MAX = 65535 };

struct datagrams;

struct datagram_key {
	struct addr source, destination;
	uint32_t identification;
	uint16_t context;
	uint8_t protocol; /* 0 for IPv6 */
	uint8_t is_v6;
};

_Static_assert(sizeof(struct datagram_key) == 40, "hashed as bytes");

struct piece {
	struct datagram *datagram; /* NULL: not waiting any more */
	uint64_t time_ns;
	uint64_t bytes_at;        /* of what was captured, counted from the first byte ever kept */
	uint32_t offset;          /* in the datagram */
	uint32_t wire_bytes;      /* of the datagram */
	uint32_t captured_bytes;  /* of those */
	uint32_t ip_bytes;        /* of the fragment, with its headers */
	uint32_t frames;          /* that it took to bring it; more than one inside a tunnel */
	struct frame_chain chain; /* those */
	uint32_t behind;          /* the next one by offset */
	uint32_t later;           /* the next one to have come */
	bool is_other;            /* it has other bytes than what came before for that place */
};

/* Which flow a datagram was: what a straggler of it belongs to. */
struct datagram_flow {
	bool is_known;
	bool was_tunnel; /* the flow is one inside, where all its bytes were counted */
	uint64_t time_ns;
	struct packet packet; /* its key, and who sent it */
};

struct datagram {
	struct datagram_key key;
	uint32_t first;            /* piece, by offset */
	uint32_t earliest, latest; /* pieces, by arrival */
	uint32_t piece_count, frames;
	uint32_t covered_bytes, total_bytes;
	uint16_t steps;   /* of decoding, until here */
	uint8_t protocol; /* that its fragments name */
	bool is_used, has_last;
	bool has_overlaps; /* of pieces from and until different places */
	struct datagram_flow flow;
};

enum datagram_state {
	DATAGRAM_WAITS,
	DATAGRAM_WHOLE,
	DATAGRAM_BROKEN /* the piece was not taken: it contradicts others, or is one too many */
};

struct datagrams *datagrams_create(void); /* NULL: out of memory */
void datagrams_destroy(struct datagrams *datagrams);

/* The place of the datagram with this key. It may be that of another one: where pieces of it wait,
 * they are to be given up first, and then it is to be claimed. */
struct datagram *datagrams_place(struct datagrams *datagrams, const struct datagram_key *key);
bool datagram_is(const struct datagram *datagram, const struct datagram_key *key);
void datagram_claim(struct datagram *datagram, const struct datagram_key *key);

/* The datagram whose piece has waited longest, where that is too long or its room is needed for
 * another one of so many bytes; else NULL. To be asked until it is NULL. */
struct datagram *datagrams_in_the_way(struct datagrams *datagrams, size_t bytes, uint64_t now_ns);
/* The same for the end: whatever waits. */
struct datagram *datagrams_oldest(struct datagrams *datagrams);

/* Keeps a piece, for which there must be room; bytes are what was captured of it. */
enum datagram_state datagrams_add(struct datagrams *datagrams, struct datagram *datagram,
	const struct piece *piece, const uint8_t *bytes, bool is_last);

/* The same for one that was not taken since it overlaps others: it counts for the places that are
 * free, and as other bytes for the rest. */
enum datagram_state datagrams_add_over(struct datagrams *datagrams, struct datagram *datagram,
	const struct piece *piece, const uint8_t *bytes, bool is_last);

/* Copies what was captured from the datagram's start on without a gap; how many bytes. with_others:
 * of bytes that came for the same place the last ones, else the first. */
size_t datagrams_copy(const struct datagrams *datagrams, const struct datagram *datagram,
	bool with_others, uint8_t *into, size_t most);

/* Pieces in the order in which they came; NULL: that was the last. */
const struct piece *datagrams_earliest(
	const struct datagrams *datagrams, const struct datagram *datagram);
const struct piece *datagrams_later(const struct datagrams *datagrams, const struct piece *piece);
static inline bool datagram_waits(const struct datagram *datagram)
{
	return datagram->is_used && datagram->piece_count > 0;
}

/* Its pieces wait no more. */
void datagrams_release(struct datagrams *datagrams, struct datagram *datagram);

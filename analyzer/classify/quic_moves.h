/* Connections of QUIC that go on from other ports of their client (RFC 9000, 9).
 *
 * A NAT in between may have forgotten the first one: the client does not know of it, and goes on
 * under the connection ID that the server gave in the handshake. Or the client moves by itself,
 * under an ID that was given under encryption; the server's packets may then still go to the one
 * that the client gave itself. Either is a proof: of packets between those two that are another
 * connection's one in four billion has an ID of QUIC_ID_TELLING bytes by chance.
 *
 * Where neither ID is known, what goes on is probably one of the connections between the two; and
 * where the server's ID is known, and the client's address is not (a NAT, or whoever sends in
 * another's name), that one. Both are no more than a guess.
 *
 * Memory   the struct, zero at first, and QUIC_MOVES references; a later connection may take an
 *          earlier one's place.
 * Threads  one.
 * Failure  none.
 * Cost     a keyed hash for each length that IDs have, of the first packets of a flow without a
 *          beginning; nothing where none was answered. */
#pragma once

#include "analyzer/classify/dissect/quic_connection.h"
#include "analyzer/classify/l7_info_store.h"
#include "base/hash.h"
#include "collector/collector.h"

enum { QUIC_MOVES = 16384 };

struct quic_moves {
	struct hash_key key;
	bool is_used;
	/* Of clients and servers: a bit each that the ID of one is long. */
	uint32_t client_lengths, server_lengths;
	struct quic_move {
		uint64_t hash;
		uint32_t l7; /* a reference; 0: the place is free */
	} moves[QUIC_MOVES];
};

void quic_moves_init(struct quic_moves *moves);

static inline bool quic_moves_are_empty(const struct quic_moves *moves)
{
	return !moves->is_used;
}

/* The connection between those ends was answered, and has those IDs; all that there were between
 * them say `all`. Takes references of its own. */
void quic_moves_keep(struct quic_moves *moves, struct l7_info_store *store,
	const struct flow_ends *ends, const struct quic_ends *ids, uint32_t l7, uint32_t all);

/* The number of the l7 info, without a reference, of the connection that a packet with a short
 * header, of the client or of the server, goes on with; 0 where it is none of them. */
uint32_t quic_moves_find(const struct quic_moves *moves, const struct flow_ends *ends,
	bool from_client, struct reader datagram);

/* The same of those between the ends, and of the one that it probably goes on with where there was
 * none. */
uint32_t quic_moves_between(const struct quic_moves *moves, const struct flow_ends *ends);
uint32_t quic_moves_guess(
	const struct quic_moves *moves, const struct flow_ends *ends, struct reader datagram);

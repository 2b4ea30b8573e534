/* Connections of QUIC that go on from another port of their client (RFC 9000, 9).
 *
 * A NAT in between may have forgotten the first one: the client does not know of it, and goes on
 * under the connection ID that the server gave in the handshake. Or the client moves by itself,
 * under an ID that was given under encryption; the server's packets may then still go to the one
 * that the client gave itself. Either is a proof: of packets between those two that are another
 * connection's one in four billion has an ID of QUIC_ID_TELLING bytes by chance. Where neither ID
 * is known what goes on is probably one of the connections between the two.
 *
 * Memory   the struct, zero at first, and a reference for each connection that is known; of those
 *          that have a place in common the oldest gives way once there is no room beside it.
 * Threads  one.
 * Failure  none.
 * Cost     a keyed hash for a connection, and one for the first packets of a flow without a
 *          beginning; nothing where none was answered. */
#pragma once

#include "analyzer/classify/dissect/quic_connection.h"
#include "analyzer/classify/l7_info_store.h"
#include "base/hash.h"
#include "collector/collector.h"

enum { QUIC_MOVES_PLACES = 1024, QUIC_MOVES_BETWEEN = 4 };

struct quic_moves {
	struct hash_key key;
	uint32_t kept; /* how many there were */
	/* Those between the same two stand in one place, and beside those of a few others. */
	struct quic_move {
		uint64_t hash; /* of client and server, whatever port the client has */
		struct quic_end client, server;
		uint32_t l7;     /* a reference; 0: nobody's */
		uint32_t number; /* the how-manieth it was */
	} moves[QUIC_MOVES_PLACES][QUIC_MOVES_BETWEEN];
};

void quic_moves_init(struct quic_moves *moves);

static inline bool quic_moves_are_empty(const struct quic_moves *moves)
{
	return moves->kept == 0;
}

/* The connection between those ends was answered, and has those IDs. Takes a reference of its own.
 */
void quic_moves_keep(struct quic_moves *moves, struct l7_info_store *store,
	const struct flow_ends *ends, const struct quic_ends *ids, uint32_t l7);

/* The number of the l7 info, without a reference, of the connection that a packet with a short
 * header, of the client or of the server, goes on with; 0 where it is none of them. */
uint32_t quic_moves_find(const struct quic_moves *moves, const struct flow_ends *ends,
	bool from_client, struct reader datagram);

/* The same of all that are known between those ends; how many. */
unsigned quic_moves_between(const struct quic_moves *moves, const struct flow_ends *ends,
	uint32_t l7[QUIC_MOVES_BETWEEN]);

/* Connections of QUIC that go on from another port of their client: a NAT in between has forgotten
 * the first one (RFC 9000, 9.3). The client does not know of it, and goes on under the connection
 * ID that the server gave it in the handshake. (Who moves by himself takes an ID that was given
 * under encryption, and is not followed.)
 *
 * A packet counts by client, server and ID together, and only an ID of QUIC_ID_TELLING bytes: of
 * packets between those two that are another connection's one in four billion has it by chance.
 *
 * Memory   the struct, and QUIC_MOVES references; a later connection may take an earlier one's
 * place.
 * Threads  one.
 * Failure  none.
 * Cost     a keyed hash for each length that IDs have, of the first packet of a flow without a
 *          beginning; nothing where none was answered. */
#pragma once

#include "analyzer/classify/dissect/quic_connection.h"
#include "analyzer/classify/l7_info_store.h"
#include "base/hash.h"
#include "collector/collector.h"

enum { QUIC_MOVES = 4096 };

struct quic_moves {
	struct hash_key key;
	uint32_t lengths; /* a bit each that the ID of one is long */
	struct quic_move {
		uint64_t hash;
		uint32_t l7; /* a reference; 0: the place is free */
	} moves[QUIC_MOVES];
};

void quic_moves_init(struct quic_moves *moves);

/* The connection between those ends was answered by a server of that ID. Takes a reference of its
 * own. */
void quic_moves_keep(struct quic_moves *moves, struct l7_info_store *store,
	const struct flow_ends *ends, const struct quic_end *server, uint32_t l7);

/* The number of the l7 info, without a reference, of the connection that a client's packet with a
 * short header goes on with; 0 where it is none of them. */
uint32_t quic_moves_find(
	const struct quic_moves *moves, const struct flow_ends *ends, struct reader datagram);

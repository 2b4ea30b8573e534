#include "analyzer/classify/quic_moves.h"

#include <string.h>

void quic_moves_init(struct quic_moves *moves)
{
	memset(moves, 0, sizeof(*moves));
	moves->key = hash_key_random();
}

/* Whatever port the client has. */
static uint64_t hash_of(
	const struct quic_moves *moves, const struct flow_ends *ends, const struct quic_end *server)
{
	struct {
		struct addr client, server;
		uint32_t id;
		uint16_t port, id_length;
	} key = { ends->source, ends->destination, server->hash, ends->destination_port,
		server->length };

	return hash_bytes(&moves->key, &key, sizeof(key));
}

void quic_moves_keep(struct quic_moves *moves, struct l7_info_store *store,
	const struct flow_ends *ends, const struct quic_end *server, uint32_t l7)
{
	if (server->length < QUIC_ID_TELLING) {
		return;
	}
	uint64_t hash = hash_of(moves, ends, server);
	struct quic_move *move = &moves->moves[hash % QUIC_MOVES];

	l7_info_store_hold(store, l7);
	l7_info_store_release(store, move->l7);
	*move = (struct quic_move){ hash, l7 };
	moves->lengths |= 1U << server->length;
}

uint32_t quic_moves_find(
	const struct quic_moves *moves, const struct flow_ends *ends, struct reader datagram)
{
	for (uint32_t left = moves->lengths; left; left &= left - 1) {
		struct quic_end server;
		if (!quic_end_of(datagram, (uint8_t)__builtin_ctz(left), &server)) {
			break;
		}
		uint64_t hash = hash_of(moves, ends, &server);
		const struct quic_move *move = &moves->moves[hash % QUIC_MOVES];
		if (move->l7 && move->hash == hash) {
			return move->l7;
		}
	}
	return 0;
}
